FROM python:3.11-slim
ENV PIP_NO_CACHE_DIR=1
RUN pip install torch==2.6.0+cu126 torchvision==0.21.0+cu126 \
        --index-url https://download.pytorch.org/whl/cu124
