"""The embedded snapshot of all facts, and how it is read."""
