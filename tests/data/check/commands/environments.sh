#!/bin/sh
python3.11 -m pip install torch==2.6.0
python3.12 -m pip install torch==2.7.0
python3 -m venv /srv/a
/srv/a/bin/pip install torch==2.5.1
( . /srv/a/bin/activate && pip install triton==3.1.0 )
pip install --target=/srv/lambda torch==2.4.1
uv venv && uv pip install torch==2.7.1 --torch-backend=cu128
uv add "triton==3.3.1"
uv run pip install torchvision==0.22.1
UV_SYSTEM_PYTHON=1 uv pip install torchaudio==2.8.0
