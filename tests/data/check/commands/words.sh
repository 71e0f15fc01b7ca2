pip install sgl{-kernel,ang}==1 $(cat pins.txt) "$UNSET"
PINS="torch==2.6.0 triton==3.2.0"
sudo -H -E env PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cu124 pip3 install $PINS
pip install torchvision>=0.21 'torch''audio'==2.6.0 xgrammar\>=0.1.19
pip install "torchao == 0.9.0 ; python_version < '3.13'"
exec python -u -mpip install --no-deps xformers==0.0.29.post2 `which thing`
