#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["packaging>=25", "tomli>=2.0; python_version < '3.11'"]
# ///
"""Turn the team's fact tables (CSV) into the catalog's fact files (TOML), one fact a row, evidence word for word.

``--from DIR`` is the folder of the CSV files. ``--pages DIR`` holds copies of the public repositories behind vendors'
wheel pages (``sgl-project+whl/repo``, ``flashinfer-ai+whl/repo``: bare git); without it the rows that came from those
pages stay as they are. ``--check`` writes nothing and exits 1 when a committed file differs; where the CSV folder is
absent (a plain clone) it says so and exits 0.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.version import Version

from fact_toml import load, render
from vendor_pages import from_pages, is_page_row

__all__ = ["BUILDERS", "main"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "stackpin" / "catalog" / "data"
#: When the CSV tables, which carry no dates of their own, were taken over.
SEEN = "2026-11-23"
RANGE_READ = "wheels on PyPI, read by range requests; named in the evidence"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")

#: Rows of look_alikes.csv that name exactly one distribution to keep out of one member's way:
#: (import package, first word of ``also_written_by``) to the pairs (distribution that must stay out, member).
LOOK_ALIKES: dict[tuple[str, str], list[tuple[str, str]]] = {
    ("deep_gemm", "sgl-deep-gemm"): [("deep-gemm", "sgl-deep-gemm")],
    ("flashinfer", "flashinfer"): [("flashinfer", "flashinfer-python")],
    ("sgl_kernel", "sgl-kernel"): [("sgl-kernel", "sglang-kernel"), ("sglang-kernel", "sgl-kernel")],
}

Row = dict[str, Any]


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one CSV file, as strings."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _wheel(row: dict[str, str]) -> tuple[str, str, str, str]:
    """Package (normalized), version without local part, label (``+cu130`` or empty) and platform tag of a wheel row."""
    project, version, *_, platform = unquote(row["filename"]).removesuffix(".whl").split("-")
    public, plus, local = version.partition("+")
    return project.replace("_", "-").lower(), public, plus + local, platform


def torch_builds(folder: Path) -> list[Row]:
    """CUDA builds of torch, each with the wheels of it that were seen in public lock files."""
    wheels = [(row, _wheel(row)) for row in rows_of(folder, "torch_wheels.csv")]
    found = []
    for row in rows_of(folder, "torch_builds.csv"):
        own = ("torch", row["torch"], f"+{row['cuda_tag']}")
        files = [dict(wheel) for wheel, parts in wheels if parts[:3] == own]
        build: Row = {
            "torch": row["torch"],
            "tag": row["cuda_tag"],
            "official": row["official"] == "yes",
            "pypi": row["pypi_default"] == "yes",
            "arches": row["arches"].split(";"),
        }
        if row["cxx11_abi"]:
            build["cxx11_abi"] = int(row["cxx11_abi"])
        build |= {"index": row["index_url"], "source": row["evidence_url"], "note": row["evidence_note"]}
        build |= {"seen": SEEN, "checked": row["checked"]}
        if files:
            build["files"] = sorted(files, key=lambda file: file["filename"])
        found.append(build)
    return sorted(found, key=lambda row: (Version(row["torch"]), _tag_key(row["tag"])))


def _tag_key(tag: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", tag)
    return (int(digits or 0), tag)


def wheels_seen(folder: Path) -> list[Row]:
    """The wheels of torch_wheels.csv that belong to no torch build: kernels and the rest of the family."""
    known = {(row["torch"], f"+{row['cuda_tag']}") for row in rows_of(folder, "torch_builds.csv")}
    found = []
    for row in rows_of(folder, "torch_wheels.csv"):
        package, version, label, _ = _wheel(row)
        if package == "torch" and (version, label) in known:
            continue
        found.append(
            {
                "package": package,
                "version": version,
                "label": label,
                "filename": row["filename"],
                "sha256": row["sha256"],
                "url": row["url"],
                "source": row["seen_in"],
                "seen": SEEN,
                "checked": "partly",
            }
        )
    return sorted(found, key=lambda row: (row["package"], Version(row["version"]), row["filename"]))


def family(folder: Path) -> list[Row]:
    """Which torchvision and torchaudio belong to a torch; checked in full only where both metadata pin that torch."""
    found = []
    for row in rows_of(folder, "torch_family.csv"):
        pins = len(re.findall(rf"torch ?\(?=={re.escape(row['torch'])}\)?(?:;|$)", row["evidence"]))
        found.append(
            {
                "torch": row["torch"],
                "torchvision": row["torchvision"],
                "torchaudio": row["torchaudio"],
                "evidence": row["evidence"],
                "source": "METADATA of the wheels on PyPI that the evidence names",
                "seen": SEEN,
                "checked": "yes" if pins == 2 else "partly",
            }
        )
    return sorted(found, key=lambda row: Version(row["torch"]))


def kernels(folder: Path) -> list[Row]:
    """Which CUDA the wheels of kernel packages were built with."""
    found = []
    for row in rows_of(folder, "kernel_cuda.csv"):
        fact: Row = {key: row[key] for key in ("package", "first", "last")}
        fact |= {"index": row["where"].lower(), "cuda_major": int(row["cuda_major"])}
        if row["toolkit"]:
            fact["toolkit"] = row["toolkit"]
        fact |= {"evidence": row["evidence"], "source": RANGE_READ, "seen": SEEN, "checked": row["checked"]}
        found.append(fact)
    return sorted(found, key=lambda row: (row["package"], Version(row["first"])))


def indexes(folder: Path) -> list[Row]:
    """Where CUDA builds are served; ``template`` is there where a project's page follows from tag and name."""
    found = []
    for row in rows_of(folder, "indexes.csv"):
        fact: Row = {"project": row["project"]}
        projects = [name.strip() for name in re.sub(r" \([^)]*\)\Z", "", row["project"]).split(",")]
        if all(_NAME.match(name) for name in projects):
            fact["projects"] = projects
        first = row["url_template"].split(" ")[0]
        fact |= {"kind": row["kind"], "url_template": row["url_template"]}
        if row["kind"] == "simple-index" and first.endswith("{tag}/"):
            fact["template"] = first + "{project}/"
        fact |= {"tags": row["tags"], "versions": row["versions"], "note": row["layout_note"]}
        fact |= {"source": row["evidence_url"], "seen": SEEN, "checked": "partly"}
        found.append(fact)
    return sorted(found, key=lambda row: (row["project"].lower(), row["kind"]))


def _lowest_driver(text: str) -> str:
    """The lowest driver version in a cell such as ``550.54.14 (GA); 550.54.15 (Update 1)``."""
    versions: list[str] = re.findall(r"\d+(?:\.\d+)+", re.sub(r"\([^)]*\)", "", text))
    return min(versions, key=Version)


def drivers(folder: Path) -> list[Row]:
    """Least driver of each CUDA major and the driver that came with each toolkit.

    Where the table names a bare branch (``580``), the lowest toolkit driver of that major stands for it.
    """
    table = rows_of(folder, "cuda_driver.csv")
    found = []
    for row in table:
        floor = row["min_driver_linux_x86_64"]
        major = row["cuda"].partition(".")[0]
        fact: Row = {"cuda": row["cuda"], "min_driver": floor}
        if "." not in floor:
            same = [other["toolkit_driver_linux"] for other in table if other["cuda"].partition(".")[0] == major]
            fact |= {"min_driver": min(map(_lowest_driver, same), key=Version), "branch": floor}
        fact["toolkit_driver"] = _lowest_driver(row["toolkit_driver_linux"])
        fact |= {"toolkit_driver_text": row["toolkit_driver_linux"], "min_driver_windows": row["min_driver_windows"]}
        fact |= {"note": row["minor_compat_note"], "source": row["evidence_url"], "seen": SEEN, "checked": "partly"}
        found.append(fact)
    return sorted(found, key=lambda row: Version(row["cuda"]))


def _look_alike_pairs(row: dict[str, str]) -> list[tuple[str, str]]:
    """The distributions that a row tells to keep out, each with the member that it overwrites; empty: informative."""
    owner, other = row["owner_distribution"], row["also_written_by"]
    if owner == "triton" and _NAME.match(other):
        return [(other, owner)]
    pairs = LOOK_ALIKES.get((row["import_package"], other.split(" ")[0]), [])
    return pairs if owner == owner.split(" ")[0] or row["import_package"] == "deep_gemm" else []


def look_alikes(folder: Path) -> list[Row]:
    """Distributions that write into another's import package; ``distribution`` only where one must stay out."""
    found = []
    for row in rows_of(folder, "look_alikes.csv"):
        url = re.search(r"https://[^\s;,]+", row["evidence"])
        checked = "no" if "NOT verified" in row["evidence"] else "yes" if "ange read" in row["evidence"] else "partly"
        base: Row = {"owner": row["owner_distribution"], "also_written_by": row["also_written_by"]}
        base |= {"why": row["why"], "evidence": row["evidence"]}
        base |= {"source": url.group() if url else RANGE_READ, "seen": SEEN, "checked": checked}
        keys: list[Row] = [{"distribution": out, "member": member} for out, member in _look_alike_pairs(row)]
        found += [{"import_package": row["import_package"], **key, **base} for key in keys or [{}]]
    return sorted(found, key=lambda row: (row["import_package"], row.get("distribution", ""), row["also_written_by"]))


def _vllm_place(indexes_text: str, version: str, tag: str, url: str) -> Row:
    """The page of a vllm build where the table of indexes says that it was seen, else the wheel's own URL."""
    if f"{version}/{tag}" in indexes_text:
        return {"find_links": f"https://wheels.vllm.ai/{version}/{tag}/vllm/"}
    return {"url": url}


def _place(package: str, parts: tuple[str, str, str], indexes_text: str, url: str) -> Row | None:
    """Where a wheel of torch_wheels.csv can be found again; None where it is no build that anyone can look up.

    :param parts: version, label, tag.
    """
    version, label, tag = parts
    if package == "vllm" and re.match(r"https://(?:github\.com/vllm-project|wheels\.vllm\.ai)/", url):
        return None if "dev" in version else _vllm_place(indexes_text, version, tag, url)
    if package == "flashinfer-python" and "download.pytorch.org" in url:
        return {"find_links": f"https://download.pytorch.org/whl/{tag}/flashinfer/"}
    if package == "flashinfer-python":
        torch = label.partition("torch")[2]
        return {"find_links": f"https://flashinfer.ai/whl/{tag}/torch{torch}/flashinfer-python/"}
    if package == "xformers" and not label:
        return {"find_links": f"https://download.pytorch.org/whl/{tag}/xformers/"}
    return None


def index_builds(folder: Path) -> list[Row]:
    """Builds of kernels and engines on vendors' indexes whose very wheel stands in torch_wheels.csv."""
    text = " ".join(row["versions"] for row in rows_of(folder, "indexes.csv"))
    found: dict[tuple[str, ...], Row] = {}
    for row in rows_of(folder, "torch_wheels.csv"):
        package, version, label, platform = _wheel(row)
        tag = re.search(r"cu\d{3}", label or row["url"])
        place = _place(package, (version, label, tag.group()), text, row["url"]) if tag else None
        if tag is None or place is None:
            continue
        arch = "versions" if platform.endswith("x86_64") else "versions_aarch64"
        key = (package, version, tag.group(), label, *place.values())
        build = found.setdefault(key, _index_build(package, tag.group(), label, place, row))
        if version not in build[arch]:
            build[arch].append(version)
        if row["filename"] not in build["note"]:
            build["note"] += f"; {row['filename']} (sha256 {row['sha256']})"
    return list(found.values())


def _index_build(package: str, tag: str, label: str, place: Row, row: dict[str, str]) -> Row:
    """A row of index-builds without versions yet."""
    torch = label.partition("torch")[2]
    return {
        "package": package,
        "tag": tag,
        "label": label,
        **({"torch": torch} if torch else {}),
        "versions": [],
        "versions_aarch64": [],
        **place,
        "note": f"{row['filename']} (sha256 {row['sha256']})",
        "source": row["seen_in"],
        "seen": SEEN,
        "checked": "partly",
    }


def _build_order(row: Row) -> tuple[object, ...]:
    first = min((Version(version) for version in [*row["versions"], *row["versions_aarch64"]]), default=Version("0"))
    return (row["package"], _tag_key(row["tag"]), row["label"], first, row.get("find_links", ""))


def all_index_builds(folder: Path, pages: Path | None, committed: Path) -> list[Row]:
    """Rows from the CSV and from the vendors' pages, or, without the pages, those that are committed already."""
    kept = load(committed) if committed.exists() else []
    paged = from_pages(pages) if pages is not None else [row for row in kept if is_page_row(row)]
    return sorted([*index_builds(folder), *paged], key=_build_order)


BUILDERS = {
    "drivers": drivers,
    "family": family,
    "indexes": indexes,
    "kernels": kernels,
    "look-alikes": look_alikes,
    "torch-builds": torch_builds,
    "wheels-seen": wheels_seen,
}


def main(arguments: list[str] | None = None) -> int:
    """Write the fact files, or compare them; 1 where a committed file differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, default=ROOT.parent / "shared" / "facts")
    parser.add_argument("--pages", type=Path, help="folder of bare copies of the vendors' page repositories")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.check and not options.folder.is_dir():
        print(f"not compared: there is no folder {options.folder}", file=sys.stderr)
        return 0
    texts = {stem: render(stem, build(options.folder)) for stem, build in BUILDERS.items()}
    builds = all_index_builds(options.folder, options.pages, DATA / "index-builds.toml")
    texts["index-builds"] = render("index-builds", builds)
    stale = []
    for stem, text in sorted(texts.items()):
        path = DATA / f"{stem}.toml"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not options.check:
                path.write_text(text, encoding="utf-8")
    print(json.dumps({"stale" if options.check else "written": stale}))
    return int(options.check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
