"""The values that everything else passes around; no I/O, no defaults taken from the machine."""
