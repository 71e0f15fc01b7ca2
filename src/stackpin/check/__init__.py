"""Judging what lies on a disk against a locked tuple."""
