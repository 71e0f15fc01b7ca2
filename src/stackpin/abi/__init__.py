"""What binaries say of each other: symbols that are needed, and symbols that are there."""
