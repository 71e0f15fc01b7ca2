FROM ubuntu:22.04 AS install
COPY --from=ghcr.io/astral-sh/uv:0.5.31 /uv /uvx /bin/
ARG PYTORCH_VERSION=2.7
WORKDIR /usr/src/
RUN uv python install 3.11
RUN uv venv --python 3.11 && uv pip install torch==${PYTORCH_VERSION}.0 torchvision triton==3.2.0

FROM install AS kernels
ENV VIRTUAL_ENV=/usr/src/.venv
ENV PATH="$VIRTUAL_ENV/bin:$PATH"
RUN uv pip install flashinfer-python==0.2.5
RUN pip install xgrammar==0.1.19

FROM ubuntu:22.04
COPY --from=install /usr/src/.venv /usr/src/.venv
RUN /usr/src/.venv/bin/pip install triton==3.3.0
