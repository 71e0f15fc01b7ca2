FROM python:3.12-slim
RUN <<SETUP
#!/usr/bin/env bash
set -e
pip install torch==2.6.0
cat > /tmp/notes <<'TEXT'
pip install torch==1.0 'is what we had
TEXT
SETUP
RUN <<-ONE cat > /etc/pip.txt && bash -e <<TWO
	pip install triton==1.0
	ONE
pip install triton==3.3.1
TWO
RUN <<PROGRAM python3
import subprocess
subprocess.run("pip install torch==1.13.1")
PROGRAM
COPY <<FILE /etc/motd
RUN pip install torch==1.12
FILE
