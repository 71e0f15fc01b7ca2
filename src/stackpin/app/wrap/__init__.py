"""``stackpin pip`` and ``stackpin uv``: what happens, in order, around one run of the real tool."""
