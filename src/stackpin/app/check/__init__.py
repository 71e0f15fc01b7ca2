"""``stackpin check``: from paths and environments to findings."""
