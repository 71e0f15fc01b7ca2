"""The filtered Simple index: which files of a page stay, the page as it is sent, the answers to requests."""
