"""Bytes and text in, models out: every format that stackpin reads; no paths, no clocks, no input or output."""
