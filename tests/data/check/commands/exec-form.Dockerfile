FROM python:3.11
run ["pip", "install", "torch==2.6.0", "--index-url=https://download.pytorch.org/whl/cu124"]
Run ["/bin/bash", "-lc", "python -m pip install 'triton==3.3.1' # not 3.2.0"]
RUN [ "$UNSET" = yes ] && pip install numpy==1.26.4
CMD ["pip", "install", "torch==1.1"]
