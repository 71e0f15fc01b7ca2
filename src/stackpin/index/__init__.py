"""How a package index is asked what a release needs: which URL, which metadata, which ranges of a wheel."""
