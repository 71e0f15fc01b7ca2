FROM lmsysorg/sglang:v0.4.6.post5-cu124
RUN pip install --upgrade torch==2.7.1
