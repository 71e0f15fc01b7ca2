# The shape of an engine's own image: the toolkit by an argument, a kernel for each, the engine from its source.
ARG CUDA_VERSION=12.6.1
FROM nvidia/cuda:${CUDA_VERSION}-cudnn-devel-ubuntu22.04 AS base
ARG CUDA_VERSION=12.6.1
ARG KERNEL=0.1.4
ENV DEBIAN_FRONTEND=noninteractive PATH="${PATH}:/opt/nvidia/bin"

RUN apt-get update && apt-get install -y python3-pip git \
 # what follows needs pip's newest release
 && python3 -m pip install --upgrade pip setuptools wheel

RUN case "$CUDA_VERSION" in \
      12.4.1) INDEX=124 ;; \
      12.6.1) INDEX=126 ;; \
      *) echo "no index for $CUDA_VERSION" && exit 1 ;; \
    esac \
 && if [ "$CUDA_VERSION" = "12.4.1" ]; then \
      python3 -m pip install sgl-kernel==${KERNEL} ; \
    else \
      python3 -m pip install https://example.org/whl/v${KERNEL}/sgl_kernel-${KERNEL}+cu126-cp39-abi3-linux_x86_64.whl --no-deps ; \
    fi \
 && git clone https://example.org/engine.git && cd engine \
 && python3 -m pip install -e "python[srt]" --extra-index-url https://download.pytorch.org/whl/cu${INDEX} \
 && python3 -m pip install nvidia-nccl-cu12==2.21.5 --force-reinstall --no-deps
