# escape=`
FROM python:3.11
RUN pip install torch==2.6.0 `
    # between
    triton==3.2.0

SHELL ["powershell", "-Command"]
RUN pip install torch==2.5.1
