"""stackpin: one locked tuple of torch, triton and kernels for pip and uv."""
