"""The command line: options in, one function of ``app`` called, its result rendered, an exit code out."""
