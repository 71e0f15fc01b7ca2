FROM pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel
RUN pip install --index-url https://download.pytorch.org/whl/cu126 \
        "torch==2.6.0+cu126"
