"""One invocation of pip or uv: what its command line asks for, and how it is held to the tuple, or why it cannot be."""
