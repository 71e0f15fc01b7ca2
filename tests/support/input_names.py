"""Names of files by the kind that they tell, and names that tell none."""

from __future__ import annotations

from stackpin.model.input_file import InputKind

__all__ = ["NAMES"]

NAMES: dict[InputKind | None, tuple[str, ...]] = {
    InputKind.UV_LOCK: ("uv.lock", "tool.py.lock"),
    InputKind.PYLOCK: ("pylock.toml", "pylock.gpu.toml"),
    InputKind.POETRY_LOCK: ("poetry.lock",),
    InputKind.PYPROJECT: ("pyproject.toml",),
    InputKind.UV_TOML: ("uv.toml",),
    InputKind.REQUIREMENTS: (
        *("requirements.txt", "requirements-dev.txt", "requirements_gpu.txt", "dev-requirements.txt"),
        *("requirements.in", "docker.requirements.cu124.txt", "requirements/dev.txt", "requirements/gpu.in"),
    ),
    InputKind.CONSTRAINTS: (
        *("constraints.txt", "constraints-cu124.txt", "pip-constraints.txt", "requirements-constraints.txt"),
        "constraints/sglang-0.4.x-cu124.txt",
    ),
    InputKind.DOCKERFILE: (
        *("Dockerfile", "dockerfile", "Dockerfile.cu124", "Dockerfile-dev", "Dockerfile_gpu", "gpu.Dockerfile"),
        *("serve.dockerfile", "Containerfile", "Containerfile.dev"),
    ),
    InputKind.SHELL: ("install.sh", "setup.bash"),
    None: (
        *("Cargo.lock", "yarn.lock", "pylock.a.b.toml", "setup.py", "notes.txt", ".requirements.txt.swp", "a.toml"),
        *("Dockerfile.dockerignore", "Dockerfile.md", "Dockerfile.j2", "Dockerfile.orig", "Dockerfile~", "dockerfiles"),
        *("DockerfileReader.java", "MANIFEST.in", "config.h.in", ".sh", "requirements"),
        *("requirements.md", "requirements.txt.j2", "requirements/readme.md", "x.lock"),
    ),
}
