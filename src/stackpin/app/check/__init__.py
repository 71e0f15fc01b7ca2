"""``stackpin check``: from what is named on the command line to what is found wrong in it."""
