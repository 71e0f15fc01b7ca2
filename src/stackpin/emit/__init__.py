"""From a locked tuple to the texts that other tools read; pure functions, one module a format."""
