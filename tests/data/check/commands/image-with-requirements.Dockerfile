FROM docker.io/pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime@sha256:0000000000000000000000000000000000000000000000000000000000000000
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
RUN pip install triton==3.3.1
