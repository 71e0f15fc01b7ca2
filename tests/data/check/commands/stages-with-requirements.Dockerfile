# syntax=docker/dockerfile:1.7
ARG PYTHON_VERSION=3.12
FROM nvidia/cuda:12.8.1-devel-ubuntu22.04 AS base
ARG PYTHON_VERSION
WORKDIR /workspace
ENV UV_SYSTEM_PYTHON=1
COPY requirements/ requirements/
RUN --mount=type=cache,target=/data/.cache/uv \
    uv pip install -r requirements/cuda.txt \
        --extra-index-url https://download.pytorch.org/whl/cu$(echo 12.8.1 | cut -d. -f1,2 | tr -d '.')

FROM base AS build
COPY . .
RUN python3 setup.py bdist_wheel --dist-dir=dist

FROM base AS runtime
RUN --mount=type=bind,from=build,src=/workspace/dist,target=/dist \
    uv pip install /dist/engine-1.0-py3-none-any.whl --no-deps \
 && uv pip install triton==3.2.0
