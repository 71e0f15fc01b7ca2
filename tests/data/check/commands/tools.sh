uv tool install "sglang[all]==0.4.6.post5" --with torch==2.5.1
uvx --from vllm==0.8.5 --with 'torch==2.6.0' vllm serve
uvx ruff@0.4 check .
pipx install torch==1.0
pip download torch==1.0
pip install --dry-run torch==1.0
echo "pip install torch==1.0"
stackpin pip install torch==1.0
