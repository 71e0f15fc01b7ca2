FROM python:3.11
RUN pip install torch==2.5.1 triton==3.1.0
RUN pip install torch==2.6.0
RUN pip install triton==3.2.0
RUN pip install torch==2.5.0 triton==3.2.0 && pip uninstall -y torch triton
