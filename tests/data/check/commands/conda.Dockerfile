FROM condaforge/miniforge3
SHELL ["/bin/bash", "-lc"]
RUN mamba create -n serve python=3.11 && \
    conda run -n serve pip install torch==2.6.0
RUN conda activate serve && pip install triton==3.3.1
RUN pip install triton==3.1.0
