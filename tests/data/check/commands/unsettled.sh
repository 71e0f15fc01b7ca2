pip install torch==2.6.0
bash scripts/install_rest.sh
pip install triton==3.3.1
poetry install
pip install torch==2.7.0 triton==3.2.0 torchvision==0.22.0
pip install .
DEVICE=$(choose_device)
pip install torch==2.6.0 && pip install triton==3.3.1
pip install torchaudio==2.6.0+$DEVICE
