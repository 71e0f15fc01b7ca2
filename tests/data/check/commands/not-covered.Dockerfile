FROM nvcr.io/nvidia/pytorch:25.03-py3 AS base
RUN pip install torch==2.6.0 triton==3.3.1
FROM base
RUN pip install vllm==0.8.5
