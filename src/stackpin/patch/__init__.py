"""Changing a file of the user: old text and what is meant in, new text out; comments and order kept."""
