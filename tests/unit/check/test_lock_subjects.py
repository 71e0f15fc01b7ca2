"""What a lock installs where: the rules that no lock of a real tool shows, each on a small one by hand."""

from __future__ import annotations

import pytest
from packaging.pylock import Pylock, PylockSelectError
from packaging.tags import Tag
from tests.support.check_locks import DATA, PYTHONS, read

from stackpin.check.lock_markers import LockMarkers, chosen_name
from stackpin.check.lock_targets import Held, Judged, LockSubjects, Target, admitting, lock_mention, lock_targets
from stackpin.check.poetry_constraint import admitted
from stackpin.check.poetry_subjects import poetry_lock_subjects
from stackpin.check.pylock_subjects import pylock_subjects
from stackpin.check.uv_subjects import uv_lock_subjects
from stackpin.errors import InputUnreadable
from stackpin.model.target import marker_environment
from stackpin.parse.lock_text import LockPlace
from stackpin.parse.poetry_lock import parse_poetry_lock
from stackpin.parse.poetry_project import parse_poetry_project
from stackpin.parse.pylock import parse_placed_pylock
from stackpin.parse.uv_lock import parse_uv_lock

__all__: list[str] = []

HERE = Target("x86_64", "3.11", "3.11.0")
APP = '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'


def uv(text: str, *pythons: str) -> LockSubjects:
    return uv_lock_subjects(parse_uv_lock(f"version = 1\n{text}".encode()), "uv.lock", pythons or ("3.11", "3.12"))


def registry(name: str, version: str, more: str = "") -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://x" }}\n{more}'


def parts(found: LockSubjects) -> dict[str, list[str]]:
    return {each.part: [f"{one.name} {one.version}" for one in each.mentions] for each in found.subjects}


# targets


def test_every_machine_and_python_that_a_lock_admits_is_a_target() -> None:
    admits = admitting(">=3.10.4, <3.12", "uv.lock: requires-python")
    assert lock_targets(("3.9", "3.10", "3.11", "3.12"), admits) == (
        Target("x86_64", "3.10", "3.10.4"),
        Target("x86_64", "3.11", "3.11.0"),
        Target("aarch64", "3.10", "3.10.4"),
        Target("aarch64", "3.11", "3.11.0"),
    )


@pytest.mark.parametrize("text", ["moon", ">=3.10,", ">=" + "9" * 5000])
def test_bounds_of_python_that_are_none_are_an_error(text: str) -> None:
    if text == ">=3.10,":  # an empty part is admitted by PEP 440's grammar as packaging reads it
        assert admitting(text, "x")("3.11.0")
        return
    with pytest.raises(InputUnreadable) as raised:
        admitting(text, "uv.lock: requires-python")
    assert (raised.value.where, raised.value.got) == ("uv.lock: requires-python", text[:80])


def folded(*answers: tuple[str, str, str, set[int]]) -> list[str]:
    judged = Judged("L", [Held(name, "1", None) for name in "abc"])
    for machine, python, choice, reached in answers:
        judged.add(Target(machine, python, f"{python}.0"), choice, frozenset(reached))
    found = judged.subjects(lambda number: lock_mention("abc"[number], "1", "L", LockPlace(), ""))  # type: ignore[arg-type]  # normalized
    return [f"{each.part}: {' '.join(one.name for one in each.mentions)}" for each in found.subjects]


def test_targets_with_one_answer_are_one_subject() -> None:
    pythons = ("3.8", "3.9", "3.10", "3.12", "3.14")
    assert folded(*(("x86_64", python, "", {0}) for python in pythons)) == [
        "linux x86_64, Python 3.8 to 3.10, 3.12 and 3.14: a"
    ]
    assert folded(("x86_64", "3.9", "", {0}), ("x86_64", "3.10", "", {0, 1}), ("aarch64", "3.9", "", {0})) == [
        "linux x86_64, Python 3.9: a",
        "linux x86_64, Python 3.10: a b",
        "linux aarch64, Python 3.9: a",
    ]


def test_a_choice_is_told_where_there_are_several_answers() -> None:
    assert folded(("x86_64", "3.9", "extra a", {0}), ("x86_64", "3.9", "extra b", {0})) == [
        "linux x86_64, Python 3.9: a"
    ]
    assert folded(
        ("x86_64", "3.9", "extra a", {0}),
        ("x86_64", "3.9", "extra a, extra c", {0}),
        ("x86_64", "3.9", "extra b", {1, 2}),
        ("x86_64", "3.9", "neither extra a nor extra b", {2}),
    ) == ["extra a, linux x86_64, Python 3.9: a", "extra b, linux x86_64, Python 3.9: b c"]


@pytest.mark.parametrize(
    ("wheel", "fits"),
    [
        ("a-1-py3-none-any.whl", "3.8 x86_64, 3.11 x86_64, 3.11 aarch64"),
        ("a-1-py2.py3-none-any.whl", "3.8 x86_64, 3.11 x86_64, 3.11 aarch64"),
        ("a-1-py310-none-any.whl", "3.11 x86_64, 3.11 aarch64"),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.11 x86_64"),
        ("a-1-cp311-cp311-linux_aarch64.whl", "3.11 aarch64"),
        ("a-1-cp39-abi3-manylinux_2_28_x86_64.whl", "3.11 x86_64"),
        ("a-1-7-cp38-cp38-manylinux1_x86_64.whl", "3.8 x86_64"),
        ("a-1-cp311-cp311t-manylinux1_x86_64.whl", ""),
        ("a-1-cp311-cp311-musllinux_1_2_x86_64.whl", ""),
        ("a-1-py3-none-win_amd64.whl", ""),
        ("a-1-py3-none-macosx_11_0_arm64.whl", ""),
        ("a-1-py2-none-any.whl", ""),
        ("a-1-pp310-pypy310_pp73-manylinux2014_x86_64.whl", ""),
        ("no wheel at all", "3.8 x86_64, 3.11 x86_64, 3.11 aarch64"),
    ],
)
def test_a_wheel_is_for_what_its_name_says(wheel: str, fits: str) -> None:
    found = []
    for python, machine in (("3.8", "x86_64"), ("3.11", "x86_64"), ("3.11", "aarch64")):
        judged = Judged("L", [Held.of("a", "1", [wheel], from_source=False)])
        judged.add(Target(machine, python, f"{python}.0"), "", frozenset({0}))
        if judged.subjects(lambda _: lock_mention("a", "1", "L", LockPlace(), "")).subjects:  # type: ignore[arg-type]  # normalized
            found.append(f"{python} {machine}")
    assert ", ".join(found) == fits


# markers


@pytest.mark.parametrize(
    ("marker", "chosen", "holds"),
    [
        ("", (), True),
        ("sys_platform == 'linux'", (), True),
        ("sys_platform == 'darwin'", (), False),
        ("extra == 'cpu'", (), False),
        ("extra == 'cpu'", ("cpu",), True),
        ('extra != "cpu" and extra == "cuda"', ("cuda",), True),
        ('extra != "cpu" and extra == "cuda"', ("cuda", "cpu"), False),
        ("'cpu' in extras", (chosen_name("extras", "CPU"),), True),
        ('"cpu" not in extras', (chosen_name("extras", "cpu"),), False),
        ("'dev' in dependency_groups and python_version >= '3.12'", (chosen_name("dependency_groups", "dev"),), False),
        ("'linux' in sys_platform", (), True),
    ],
)
def test_a_marker_is_judged_by_target_and_choice(marker: str, chosen: tuple[str, ...], *, holds: bool) -> None:
    assert LockMarkers("L").holds(marker, HERE, chosen) is holds


@pytest.mark.parametrize(
    "marker",
    ["moon == 'full'", "os_name ~= 'x'", "(" * 5000 + "os_name == 'x'", "python_version < '" + "9" * 5000 + "'"],
)
def test_a_marker_that_is_none_is_an_error(marker: str) -> None:
    with pytest.raises(InputUnreadable) as raised:
        LockMarkers("uv.lock").holds(marker, HERE, ())
    assert (raised.value.where, raised.value.got) == ("uv.lock", marker[:200])


# uv.lock


def test_a_lock_that_was_cut_behind_a_package_is_an_error() -> None:
    with pytest.raises(InputUnreadable) as raised:
        uv(APP + 'dependencies = [{ name = "torch" }]\n')
    error = raised.value
    assert (error.what, error.where, error.got, error.hint) == (
        "a lock file is cut: it lacks a package that another needs",
        "uv.lock: app 1",
        "no package torch",
        "uv lock",
    )


def test_two_versions_at_once_are_told_of_no_target() -> None:
    found = uv(APP + 'dependencies = [{ name = "torch" }]\n' + registry("torch", "2.5.1") + registry("torch", "2.6.0"))
    assert found.subjects == ()
    assert found.notes == (
        "uv.lock: not judged for linux x86_64, Python 3.11 and 3.12: which of its torch is installed cannot be told",
        "uv.lock: not judged for linux aarch64, Python 3.11 and 3.12: which of its torch is installed cannot be told",
    )


def test_an_edge_that_names_no_version_means_the_package_of_its_fork() -> None:
    fork = "resolution-markers = [\"platform_machine {} 'x86_64'\"]\n"
    found = uv(
        APP
        + 'dependencies = [{ name = "torch" }]\n'
        + registry("torch", "2.5.1", fork.format("!="))
        + registry("torch", "2.6.0", fork.format("==")),
        "3.11",
    )
    assert parts(found) == {
        "linux x86_64, Python 3.11": ["torch 2.6.0"],
        "linux aarch64, Python 3.11": ["torch 2.5.1"],
    }


def test_a_package_that_can_be_built_is_for_every_target() -> None:
    wheel = 'wheels = [\n    { url = "https://x/torch-2.6.0-cp311-cp311-manylinux1_x86_64.whl" },\n]\n'
    edge = APP + 'dependencies = [{ name = "torch" }]\n'
    assert list(parts(uv(edge + registry("torch", "2.6.0", wheel)))) == ["linux x86_64, Python 3.11"]
    source = 'sdist = { url = "https://x/torch-2.6.0.tar.gz" }\n'
    assert list(parts(uv(edge + registry("torch", "2.6.0", source + wheel)))) == [
        "linux x86_64, Python 3.11 and 3.12",
        "linux aarch64, Python 3.11 and 3.12",
    ]


def test_many_choices_are_cut_and_that_is_said() -> None:
    names = [f"e{number}" for number in range(70)]
    extras = "[package.optional-dependencies]\n" + "".join(f'{name} = [{{ name = "{name}" }}]\n' for name in names)
    sets = ", ".join(f'{{ package = "app", extra = "{name}" }}' for name in names)
    found = uv(f"conflicts = [[{sets}]]\n" + APP + extras + "".join(registry(name, "1") for name in names), "3.11")
    assert found.notes == ("uv.lock: only 64 of the choices among its extras and groups were judged",)
    assert len({each.part for each in found.subjects}) == 128  # on two machines


def test_very_many_sets_of_conflicts_end() -> None:
    sets = ", ".join(
        f'[{{ package = "app", extra = "a{n}" }}, {{ package = "app", extra = "b{n}" }}]' for n in range(2000)
    )
    assert len(uv(f"conflicts = [{sets}]\n" + APP).notes) == 1


# pylock.toml


def pylock(*packages: str, head: str = "") -> LockSubjects:
    """A lock of packages that come from PyPI: ``name version; marker`` each."""
    text = f'lock-version = "1.0"\ncreated-by = "hand"\n{head}'
    for line in packages:
        (name, version), marker = line.partition(";")[0].split(), line.partition(";")[2].strip() or "os_name == 'posix'"
        file = f'{{ url = "https://x/{name}-{version}-py3-none-any.whl", hashes = {{ sha256 = "0" }} }}'
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\nmarker = "{marker}"\n'
        text += f"wheels = [{file}]\n"
    return pylock_subjects(parse_placed_pylock(text.encode()), "pylock.toml", ("3.11",))


def test_extras_that_bring_one_name_are_taken_one_at_a_time() -> None:
    found = pylock(
        "torch 2.6.0+cpu; 'cpu' in extras",
        "torch 2.6.0+cu124; 'cuda' in extras",
        "numpy 2.1.0",
        head='extras = ["cpu", "cuda"]\n',
    )
    assert {part: names for part, names in parts(found).items() if "x86_64" in part} == {
        "extra cpu, linux x86_64, Python 3.11": ["torch 2.6.0+cpu", "numpy 2.1.0"],
        "extra cuda, linux x86_64, Python 3.11": ["torch 2.6.0+cu124", "numpy 2.1.0"],
    }


def test_extras_that_leave_each_other_out_are_taken_one_at_a_time() -> None:
    found = pylock(
        "torch 2.6.0+cpu; 'cpu' in extras and 'cuda' not in extras",
        "torch 2.6.0+cu124; 'cuda' in extras and 'cpu' not in extras",
        head='extras = ["cpu", "cuda"]\ndependency-groups = ["dev"]\ndefault-groups = ["dev"]\n',
    )
    assert [part for part in parts(found) if "x86_64" in part] == [
        "extra cpu, linux x86_64, Python 3.11",
        "extra cuda, linux x86_64, Python 3.11",
    ]


def test_a_pylock_is_for_its_environments_and_pythons_alone() -> None:
    assert parts(pylock("torch 2.6.0", head="environments = [\"platform_machine == 'aarch64'\"]\n")) == {
        "linux aarch64, Python 3.11": ["torch 2.6.0"]
    }
    assert parts(pylock("torch 2.6.0", head='requires-python = ">=3.12"\n')) == {}
    text = (
        'lock-version = "1.0"\ncreated-by = "hand"\n[[packages]]\nname = "torch"\nversion = "2.6.0"\n'
        'requires-python = ">=3.12"\ndirectory = { path = "torch" }\n'
    )
    found = pylock_subjects(parse_placed_pylock(text.encode()), "pylock.toml", ("3.11", "3.12"))
    assert list(parts(found)) == ["linux x86_64, Python 3.12", "linux aarch64, Python 3.12"]
    assert found.notes[0] == "pylock.toml: not judged for linux x86_64, Python 3.11: torch 2.6.0 is not for it"


def test_a_pylock_of_a_version_to_come_is_an_error_and_of_a_later_minor_one_is_read() -> None:
    assert parse_placed_pylock(b'lock-version = "1.7"\ncreated-by = "x"\npackages = []\n').versions == []
    with pytest.raises(InputUnreadable) as raised:
        parse_placed_pylock(b'lock-version = "2.0"\n', "pylock.toml")
    assert (raised.value.where, raised.value.got) == ("pylock.toml: lock-version", "'2.0'")


@pytest.mark.parametrize("path", sorted(DATA.glob("pylock/*/*.expected")), ids=lambda path: path.parent.name)
def test_a_pylock_installs_what_packaging_selects(path: object) -> None:
    """Packaging's own selection (PEP 751), for every target and everything that can be chosen, is the second opinion."""
    file = path.with_suffix("")  # type: ignore[attr-defined]  # a path out of DATA
    placed = parse_placed_pylock(file.read_bytes())
    wanted = {
        (machine, python): selected
        for machine in ("x86_64", "aarch64")
        for python in PYTHONS
        if (selected := _selected(placed.lock, machine, python)) is not None
    }
    found = pylock_subjects(placed, "pylock.toml", PYTHONS).subjects
    assert {
        (each.machine, python): {f"{one.name} {one.version}" for one in each.mentions}
        for each in found
        for python in each.pythons
    } == wanted
    assert len(read(file).subjects) <= len(found)


def _selected(lock: Pylock, machine: str, python: str) -> set[str] | None:
    """None where it cannot be installed."""
    minors = range(2, int(python[2:]) + 1)
    platforms = ["any", *(f"{kind}_{machine}" for kind in ("linux", "manylinux2014", "manylinux_2_17"))]
    tags = [Tag("py3", "none", platform) for platform in platforms]
    tags += [Tag(f"cp3{minor}", "abi3", platform) for platform in platforms for minor in minors]
    tags += [Tag(f"cp3{python[2:]}", f"cp3{python[2:]}", platform) for platform in platforms]
    try:
        chosen = lock.select(
            environment=marker_environment(python, machine),  # type: ignore[arg-type]  # all of its keys
            tags=tags,
            extras=lock.extras or (),
            dependency_groups=[*(lock.dependency_groups or ()), *(lock.default_groups or ())],
        )
        return {f"{package.name} {package.version}" for package, _ in chosen}
    except PylockSelectError:
        return None


# poetry.lock


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("*", "0.1 9", ""),
        ("^3.10", "3.10.0 3.99", "3.9.9 4.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("~3.11", "3.11.0 3.11.9", "3.12.0 3.10.9"),
        ("~3", "3.0 3.9", "4.0"),
        ("3.11.*", "3.11.5", "3.12.0"),
        (">=3.9 <3.13", "3.9.0 3.12.9", "3.13.0"),
        (">= 3.9, < 3.9.1 || ^3.12", "3.9.0 3.12.1", "3.9.1 3.11.0"),
        ("2.6.0", "2.6.0 2.6", "2.6.1"),
        ("=2.6", "2.6.0", "2.7"),
        ("!=2.6", "2.7", "2.6.0"),
        ("~=2.6", "2.7", "3.0"),
    ],
)
def test_poetrys_constraints_are_read_as_poetry_reads_them(constraint: str, inside: str, outside: str) -> None:
    assert all(admitted(constraint, version) is True for version in inside.split())
    assert all(admitted(constraint, version) is False for version in outside.split())


@pytest.mark.parametrize("constraint", ["", "moon landing", "^", "^x", "@stable", ">=", "9" * 5000])
def test_what_is_no_constraint_is_not_understood(constraint: str) -> None:
    assert admitted(constraint, "3.11.0") is not True


def test_an_older_lock_is_not_judged_without_its_project() -> None:
    lock = parse_poetry_lock((DATA / "poetry/first/poetry-1.8.5.lock").read_bytes())
    assert poetry_lock_subjects(lock, "poetry.lock", PYTHONS) == LockSubjects(
        notes=(
            "poetry.lock: not judged: a lock of format 2.0 says too little without the pyproject.toml that it was made of",
        )
    )


def test_an_older_lock_is_not_judged_by_a_project_that_has_changed() -> None:
    lock = parse_poetry_lock((DATA / "poetry/first/poetry-1.8.5.lock").read_bytes())
    raw = (DATA / "poetry/first/poetry-1.8.5.project").read_bytes().replace(b"2.6.0", b"2.7.0")
    found = poetry_lock_subjects(lock, "poetry.lock", ("3.11",), None, parse_poetry_project(raw))
    assert found.notes == ("poetry.lock: not judged: pyproject.toml has changed since it was made: poetry lock",)


def test_an_older_lock_of_two_versions_that_both_fit_is_not_guessed_at() -> None:
    lock = parse_poetry_lock((DATA / "poetry/several/poetry-1.8.5.lock").read_bytes())
    project = parse_poetry_project((DATA / "poetry/several/poetry-1.8.5.project").read_bytes())
    assert project is not None
    loose = tuple(edge._replace(constraint="*") if edge.name == "torch" else edge for edge in project.edges)
    found = poetry_lock_subjects(lock, "poetry.lock", ("3.11",), None, project._replace(edges=loose))
    assert found.subjects == ()
    assert found.notes[0] == (
        "poetry.lock: not judged for linux x86_64, Python 3.11: which of its torch is installed cannot be told"
    )


def test_an_optional_package_without_an_extra_is_not_taken_for_installed() -> None:
    text = (
        '[[package]]\nname = "torch"\nversion = "2.6.0"\noptional = true\ngroups = ["main"]\n'
        '[[package]]\nname = "numpy"\nversion = "2.1.0"\noptional = false\ngroups = ["main"]\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11,<3.12"\n'
    )
    found = poetry_lock_subjects(parse_poetry_lock(text.encode()), "poetry.lock", PYTHONS)
    assert parts(found)["linux x86_64, Python 3.11"] == ["numpy 2.1.0"]


def test_bounds_of_python_that_poetry_would_not_write_are_an_error() -> None:
    text = '[metadata]\nlock-version = "2.1"\npython-versions = "moon landing"\n'
    with pytest.raises(InputUnreadable) as raised:
        poetry_lock_subjects(parse_poetry_lock(text.encode()), "poetry.lock", PYTHONS)
    assert raised.value.where == "poetry.lock: metadata.python-versions"
