#!/bin/bash
# install torch
pip install torch==2.5.0 torchvision --index-url https://download.pytorch.org/whl/cu121

# install the kernels
pip install packaging ninja && pip install flash-attn==2.7.0.post2 --no-build-isolation

# install ourselves
pip install -e .
