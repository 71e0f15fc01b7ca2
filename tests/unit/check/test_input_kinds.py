"""Which kind a file is, by its name and by its head."""

from __future__ import annotations

import pytest

from stackpin.check.input_kinds import HEAD, UNCOVERED, kind_by_head, kind_by_name, named_kind, needs_head
from stackpin.model.input_file import InputKind

__all__: list[str] = []

NAMES = {
    InputKind.UV_LOCK: ("uv.lock", "tool.py.lock"),
    InputKind.PYLOCK: ("pylock.toml", "pylock.gpu.toml"),
    InputKind.POETRY_LOCK: ("poetry.lock",),
    InputKind.PYPROJECT: ("pyproject.toml",),
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
        *("DockerfileReader.java", "environment.yml", "conda.yml", "MANIFEST.in", "config.h.in", ".sh", "requirements"),
        *("requirements.md", "requirements.txt.j2", "requirements/readme.md", "x.lock"),
    ),
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for kind, names in NAMES.items() for name in names])
def test_a_name_tells_the_kind_or_leaves_it_open(name: str, kind: InputKind | None) -> None:
    folder, _, last = name.rpartition("/")
    assert kind_by_name(last, folder) is kind


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        pytest.param("install", b"#!/bin/sh\n", InputKind.SHELL, id="sh"),
        pytest.param("install", b"#!/usr/bin/env bash\nset -e\n", InputKind.SHELL, id="bash by env"),
        pytest.param("install", b"#! /usr/bin/env -S bash -e\n", InputKind.SHELL, id="bash by env with options"),
        pytest.param("install", b"#!/bin/sh", InputKind.SHELL, id="nothing behind it"),
        pytest.param("install", b"#!/usr/bin/env python3\n", None, id="python"),
        pytest.param("install", b"#!/usr/bin/fish\n", None, id="fish, whose language is another"),
        pytest.param("install", b"\x7fELF", None, id="a program"),
        pytest.param("LICENSE", b"MIT License\n", None, id="prose"),
        pytest.param("install", b"", None, id="nothing"),
        pytest.param(
            "dev.in", b"# pinned below\ntorch==2.6.0\nsglang[all] >= 0.4\n-r base.in\n", InputKind.REQUIREMENTS, id="in"
        ),
        pytest.param(
            "dev.in", b"torch @ https://example/torch.whl ; python_version < '3.12'\n", InputKind.REQUIREMENTS, id="url"
        ),
        pytest.param("MANIFEST.in", b"include LICENSE\n", None, id="MANIFEST.in"),
        pytest.param("Makefile.in", b"prefix = @prefix@\n", None, id="Makefile.in"),
        pytest.param("config.h.in", b"/* Have it */\n#undef HAVE_IT\n", None, id="config.h.in"),
        pytest.param("x.pc.in", b"prefix=@prefix@\n\nName: x\n", None, id="pc.in"),
        pytest.param("data.in", b"torch\0\n", None, id="binary"),
        pytest.param("empty.in", b"# nothing\n", None, id="comments only"),
        pytest.param("environment.yml", b"name: a\ndependencies:\n  - pip\n", InputKind.CONDA, id="conda"),
        pytest.param("conda.yml", b"name: CI\non: push\njobs:\n  dependencies:\n", None, id="a workflow"),
        pytest.param("environment.yaml", b"apiVersion: v1\n", None, id="a chart's values"),
    ],
)
def test_a_head_tells_the_kind_of_a_file_in_a_folder(name: str, head: bytes, kind: InputKind | None) -> None:
    assert needs_head(name)
    assert kind_by_head(name, head) is kind


def test_a_line_that_the_head_cuts_is_not_held_against_a_file() -> None:
    head = b"torch==2.6.0\n" * (HEAD // 13) + b"x y z"
    assert kind_by_head("dev.in", head[:HEAD].ljust(HEAD, b"!")) is InputKind.REQUIREMENTS


@pytest.mark.parametrize("name", ["a.py", "README.md", "a.txt", "values.yaml", "image.png", "x.lock"])
def test_other_files_are_not_opened(name: str) -> None:
    assert not needs_head(name)


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        pytest.param("frozen.txt", b"torch==2.6.0\n", InputKind.REQUIREMENTS, id="any text file is requirements"),
        pytest.param("sglang.txt", b"# sglang, compiled by stackpin 0.1.0\n", InputKind.CONSTRAINTS, id="one of ours"),
        pytest.param("frozen", b"torch==2.6.0\ntriton==3.2.0\n", InputKind.REQUIREMENTS, id="what pip froze"),
        pytest.param(
            "old.lock", b'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n', InputKind.UV_LOCK, id="uv"
        ),
        pytest.param("old.lock", b"version = 1\r\nrequires-python = 'x'\r\n", InputKind.UV_LOCK, id="uv, of Windows"),
        pytest.param(
            "a.lock", b"# This file is automatically @generated by Poetry 2.5.1\n", InputKind.POETRY_LOCK, id="poetry"
        ),
        pytest.param("a.toml", b'lock-version = "1.0"\ncreated-by = "pip"\n', InputKind.PYLOCK, id="pylock"),
        pytest.param("a.toml", b'[project]\nname = "a"\n', InputKind.PYPROJECT, id="a project"),
        pytest.param("a.toml", b"[server]\n", None, id="another TOML"),
        pytest.param("Cargo.lock", b"# @generated by Cargo.\nversion = 3\n\n[[package]]\n", None, id="cargo"),
        pytest.param("env.yaml", b"dependencies:\n- pip\n", InputKind.CONDA, id="conda by another name"),
        pytest.param("environment.yml", b"{name: a, dependencies: []}", InputKind.CONDA, id="conda by its name"),
        pytest.param("a.yml", b"on: push\n", None, id="another YAML"),
        pytest.param("build.img", b"# base\nFROM nvidia/cuda:12.4.1\n", InputKind.DOCKERFILE, id="an image"),
        pytest.param(
            "build.img", b"ARG TAG=12.4.1\nFROM x:$TAG\n", InputKind.DOCKERFILE, id="an image with an argument"
        ),
        pytest.param("run.txt", b"#!/bin/sh\n", InputKind.SHELL, id="a script whatever its ending"),
        pytest.param("a.png", b"\x89PNG\r\n", None, id="a picture"),
        pytest.param("README.md", b"# Title\n\ntorch\n", None, id="prose"),
    ],
)
def test_a_named_file_is_given_the_benefit_of_the_doubt(name: str, head: bytes, kind: InputKind | None) -> None:
    assert named_kind(name, head) is kind


def test_every_lock_that_is_not_read_has_a_way_out() -> None:
    assert all(each.what and each.instead for each in UNCOVERED.values())
    assert [name for name in UNCOVERED if kind_by_name(name)] == []
