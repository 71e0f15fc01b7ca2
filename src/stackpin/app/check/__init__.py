"""``stackpin check``: what happens, in order, when an environment or a file is held against the tuple."""
