FROM python:3.11-slim
RUN pip install torch==2.6.0+cu126 --extra-index-url https://download.pytorch.org/whl/cu124
ENV PIP_INDEX_URL=https://download.pytorch.org/whl/cu124
RUN pip install torchvision==0.21.0+cu126 --extra-index-url https://download.pytorch.org/whl/cu126
