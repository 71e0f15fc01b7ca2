FROM python:3.11
COPY . /src
WORKDIR /src
RUN pip install torch==2.6.0 \
 && sed -i '/^torch/d' requirements.txt \
 && pip install -r requirements.txt
RUN cd requirements && pip install -r cuda.txt --no-deps
