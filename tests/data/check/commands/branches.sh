#!/usr/bin/env bash
set -euo pipefail
TORCH_VERSION=${TORCH_VERSION:-2.6.0}
if command -v nvidia-smi >/dev/null; then
    DEVICE=cu124
    pip install "torch==${TORCH_VERSION}" --index-url "https://download.pytorch.org/whl/${DEVICE}"
    pip install triton==3.3.1
elif [[ $(uname -m) == arm64 ]]; then
    pip install torch==2.5.1
else
    DEVICE=cpu
    pip install "torch==${TORCH_VERSION}+cpu" --index-url https://download.pytorch.org/whl/$DEVICE
fi
pip install 'sgl-kernel==0.1.4' || pip install 'sgl-kernel==0.1.0' || exit 1
[ -n "${DEV:-}" ] && pip install xgrammar==0.1.19
pip install flashinfer-python==0.2.5 || { echo failed; exit 1; }
