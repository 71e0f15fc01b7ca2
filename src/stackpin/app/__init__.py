"""One short function a command: build the effects, ask the core, return a model."""
