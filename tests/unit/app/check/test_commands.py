"""Calls of pip and uv in commands: what they install, into which environment, from where, by which files."""

from __future__ import annotations

import pytest

from stackpin.app.check.commands import CommandReading, catalog_needs, command_subjects
from stackpin.catalog.loader import Catalog
from stackpin.check.rules import tag_in_address
from stackpin.model.input_file import InputKind
from stackpin.model.mention import IndexLine, Mention, Place, Role, Subject, SubjectKind
from stackpin.model.names import normalized_name

__all__: list[str] = []

WHL = "https://download.pytorch.org/whl"


def script(text: str) -> CommandReading:
    return command_subjects(text.encode(), "it.sh", InputKind.SHELL)


def image(text: str, *files: str) -> tuple[CommandReading, list[tuple[str, bool]]]:
    """A Dockerfile with these files in its build context; and what was asked for."""
    asked: list[tuple[str, bool]] = []

    def read(path: str, constraint: bool) -> Subject | None:
        asked.append((path, constraint))
        if path not in files:
            return None
        mention = Mention(
            name=normalized_name("torch"),
            place=Place(path=path, line=1, column=1),
            role=Role.REQUIRED,
            version="2.6.0",
            specifier="==2.6.0",
            text="torch==2.6.0",
        )
        return Subject(path=path, kind=SubjectKind.REQUIREMENTS, mentions=(mention,))

    return command_subjects(text.encode(), "Dockerfile", InputKind.DOCKERFILE, read=read), asked


def pins(reading: CommandReading) -> dict[str, list[str]]:
    """The requirements of each subject, by its part."""
    return {
        subject.part: [
            f"{each.name}{each.specifier or (each.version and '==' + each.version)}" for each in subject.mentions
        ]
        for subject in reading.subjects
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("pip install a==1", ["a==1"], id="pip"),
        pytest.param("pip3.11 install a==1 --no-cache-dir", ["a==1"], id="pip of a minor"),
        pytest.param("/usr/local/bin/pip3 --quiet install -U a==1", ["a==1"], id="pip by its path"),
        pytest.param("python -m pip install a==1", ["a==1"], id="module"),
        pytest.param("python3 -u -mpip install a==1", ["a==1"], id="glued module"),
        pytest.param("python -m uv pip install --system a==1", ["a==1"], id="uv as a module"),
        pytest.param("/opt/conda/bin/python -m pip install a==1", ["a==1"], id="an image's own conda"),
        pytest.param("uv pip install --system a==1", ["a==1"], id="uv"),
        pytest.param("sudo -H pip install 'a[x,y]==1'", ["a==1"], id="sudo"),
        pytest.param("pip install A_b==1 c.d~=2.0", ["a-b==1", "c-d~=2.0"], id="names"),
        pytest.param("pip install a===1", ["a===1"], id="exactly"),
        pytest.param(
            "pip install https://x.example/torch-2.6.0%2Bcu124-cp311-cp311-linux_x86_64.whl",
            ["torch==2.6.0+cu124"],
            id="file",
        ),
        pytest.param("pip install ./dist/a-1.0-py3-none-any.whl", ["a==1.0"], id="path"),
        pytest.param("pip install a==1 -f https://x.example/links", ["a==1"], id="links"),
    ],
)
def test_what_a_call_installs(line: str, expected: list[str]) -> None:
    assert pins(script(line)) == {"": expected}


@pytest.mark.parametrize(
    "line",
    [
        "pip download a==1",
        "pip install --dry-run a==1",
        "pip install --help a==1",
        "pip list a==1",
        "uv pip compile a==1",
        "uv lock a==1",
        "uv run --with a==1 serve",
        "python -c 'import pip' install a==1",
        "python -m venv install a==1",
        "docker run x pip install a==1",
        "echo pip install a==1",
        "apt-get install python3-pip a==1",
        "pipx install a==1",
        "stackpin pip install a==1",
        "pip install --stack sglang a==1",
        "pip install --stack",
    ],
)
def test_what_installs_nothing_here(line: str) -> None:
    assert script(line).subjects == ()


@pytest.mark.parametrize(
    ("call", "part"),
    [
        pytest.param("/srv/a/bin/pip install", "environment /srv/a", id="path"),
        pytest.param("venv/bin/python -m pip install", "environment venv", id="relative path"),
        pytest.param("$VENV/bin/pip install", "environment …/", id="unknown path"),
        pytest.param("$PYTHON -m pip install", "environment …", id="unknown program"),
        pytest.param("pip install --target /srv/t", "environment /srv/t", id="target"),
        pytest.param("pip --python /srv/a/bin/python install", "environment /srv/a", id="python"),
        pytest.param("uv pip install -p .venv", "environment .venv", id="uv's python"),
        pytest.param("uv pip install --python 3.12", "", id="a minor"),
        pytest.param("VIRTUAL_ENV=/srv/a uv pip install", "environment /srv/a", id="variable"),
        pytest.param("VIRTUAL_ENV=/srv/a uv pip install --system", "", id="system"),
        pytest.param("VIRTUAL_ENV=/srv/a UV_SYSTEM_PYTHON=1 uv pip install", "", id="system by a variable"),
        pytest.param(". a/bin/activate; pip install", "environment a", id="activated"),
        pytest.param("source /srv/a/bin/activate && deactivate && pip install", "", id="left"),
        pytest.param("(. a/bin/activate); pip install", "", id="activated elsewhere"),
        pytest.param("conda activate x; pip install", "environment conda x", id="conda"),
        pytest.param("conda run --no-capture-output -n x pip install", "environment conda x", id="conda run"),
        pytest.param("poetry run pip install", "environment poetry", id="poetry run"),
        pytest.param("uv add", "environment .venv", id="project"),
        pytest.param("uv run pip install", "environment .venv", id="uv run"),
        pytest.param("uv venv; uv pip install", "environment .venv", id="uv venv"),
        pytest.param("uv venv; pip install", "", id="pip beside uv venv"),
        pytest.param("export PATH=/srv/venv/bin:$PATH; pip install", "environment /srv/venv", id="search path"),
        pytest.param(
            "python -m venv /srv/a; PATH=/srv/a/bin:$PATH; pip install", "environment /srv/a", id="made and on the path"
        ),
        pytest.param("export PATH=/data/.cargo/bin:$PATH; pip install", "", id="another search path"),
    ],
)
def test_the_environment_of_a_call(call: str, part: str) -> None:
    found = pins(script(f"{call} a==1"))
    assert list(found) == [part.removesuffix("/")]


def test_several_pythons_are_several_environments() -> None:
    found = script("python3.11 -m pip install a==1\npip3.12 install a==2\npip install b==1")
    assert pins(found) == {"environment python3.11": ["a==1"], "environment python3.12": ["a==2"], "": ["b==1"]}


def test_one_python_named_throughout_is_told() -> None:
    assert script("python3.11 -m pip install a==1\npython3.11 -m pip install b==1").subjects[0].pythons == ("3.11",)
    assert script("python3.11 -m pip install a==1\npip install b==1").subjects[0].pythons == ()


@pytest.mark.parametrize(
    ("line", "address", "indexes"),
    [
        pytest.param(f"pip install a --index-url {WHL}/cu124", f"{WHL}/cu124", [("--index-url", 1, 27)], id="one"),
        pytest.param(f"pip install -i{WHL}/cu124 a", f"{WHL}/cu124", [("--index-url", 1, 15)], id="glued"),
        pytest.param(f"pip install a --index-url={WHL}/cu124", f"{WHL}/cu124", [("--index-url", 1, 27)], id="equals"),
        pytest.param(f"pip install a --extra-index-url {WHL}/cu124", "", [("--extra-index-url", 1, 33)], id="extra"),
        pytest.param(
            f"pip install a -i {WHL}/cu124 -f x", "", [("--index-url", 1, 18), ("--find-links", 1, 60)], id="with links"
        ),
        pytest.param("pip install a -i $INDEX", "", [("--index-url", 1, 18)], id="unknown"),
        pytest.param(
            f"PIP_INDEX_URL={WHL}/cu124 pip install a", f"{WHL}/cu124", [("PIP_INDEX_URL", 1, 15)], id="variable"
        ),
        pytest.param(
            "PIP_EXTRA_INDEX_URL='https://a.example https://b.example' pip install a",
            "",
            [("PIP_EXTRA_INDEX_URL", 1, 22), ("PIP_EXTRA_INDEX_URL", 1, 40)],
            id="two in a variable",
        ),
        pytest.param(f"UV_INDEX_URL={WHL}/cu124 pip install a", "", [], id="uv's variable for pip"),
        pytest.param(
            f"uv pip install a --default-index {WHL}/cu124", f"{WHL}/cu124", [("--default-index", 1, 34)], id="uv"
        ),
        pytest.param(f"uv pip install a --index pytorch={WHL}/cu124", "", [("--index", 1, 34)], id="uv's named"),
        pytest.param(
            "pip config set global.extra-index-url x; pip install a -i https://x.example",
            "",
            [("--index-url", 1, 59), ("pip config", 1, 46)],
            id="configured",
        ),
        pytest.param(
            "pip install a -i https://me:secret@x.example/simple",
            "https://x.example/simple",
            [("--index-url", 1, 18)],
            id="secret",
        ),
        pytest.param("uv pip install a --torch-backend=auto", "", [], id="any backend"),
    ],
)
def test_where_a_call_looks(line: str, address: str, indexes: list[tuple[str, int, int]]) -> None:
    (subject,) = script(line).subjects
    assert subject.mentions[0].address == address
    assert [(each.option, each.place.line, each.place.column) for each in subject.indexes] == indexes
    assert "secret" not in repr(subject)


@pytest.mark.parametrize(
    "line",
    [
        "pip install a --extra-index-url $MORE/simple",
        "pip install -r untold.txt a",
        "pip config set global.extra-index-url x; pip install a",
    ],
)
def test_an_index_that_cannot_be_told_is_one_all_the_same(line: str) -> None:
    (subject,) = script(line).subjects
    assert [tag_in_address(each.address) for each in subject.indexes] == [""]
    assert "\0" not in repr(subject.indexes)


def test_a_torch_backend_is_the_index_of_torch_and_its_family_alone() -> None:
    (subject,) = script("uv pip install torch==2.7.1 torchvision a --torch-backend cu128").subjects
    assert [each.address for each in subject.mentions] == [f"{WHL}/cu128", f"{WHL}/cu128", ""]
    place = Place(path="it.sh", line=1, column=59, end_column=64)
    assert subject.indexes == (IndexLine(address=f"{WHL}/cu128", option="--torch-backend", place=place),)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("pip install $WHAT", id="unknown word"),
        pytest.param("pip install .", id="folder"),
        pytest.param("pip install -e ./python", id="editable"),
        pytest.param("pip install git+https://x.example/y.git", id="repository"),
        pytest.param("pip install dist/*.whl", id="any file"),
        pytest.param("pip install -r requirements.txt", id="file of requirements"),
        pytest.param("uv pip sync requirements.txt", id="uv pip sync"),
        pytest.param("uv sync --frozen", id="uv sync"),
        pytest.param("uv pip install --override o.txt b", id="overrides"),
        pytest.param("poetry install --no-root", id="poetry"),
        pytest.param("conda install -y pytorch", id="conda"),
        pytest.param("python setup.py develop", id="setup.py"),
        pytest.param("bash ./more.sh", id="script"),
        pytest.param("source more.sh", id="sourced"),
        pytest.param("make install", id="make"),
        pytest.param("pip uninstall -y $WHAT", id="unknown removed"),
        pytest.param("pip install " + "x" * 3000, id="a word of thousands"),
    ],
)
def test_behind_what_cannot_be_told_nothing_before_is_sure(line: str) -> None:
    assert "torch==2.6.0" not in str(pins(script(f"pip install torch==2.6.0\n{line}\npip install a==1")))


@pytest.mark.parametrize(
    "line",
    [
        "pip install b",
        "apt-get install -y git",
        "curl -LsSf https://astral.sh/uv/install.sh | sh",
        "conda clean -ya",
        "python setup.py --version",
        ". /opt/conda/etc/profile.d/conda.sh",
        "pip install 'sgl-kernel==0.1.4'",
        "pip install vllm-*.whl --no-deps",
        "uv venv other",
        "pip cache purge",
    ],
)
def test_what_leaves_the_rest_as_it_was(line: str) -> None:
    assert "torch==2.6.0" in str(pins(script(f"pip install torch==2.6.0\n{line}\npip install a==1")))


def test_words_that_are_no_requirement_are_told_with_their_place() -> None:
    found = script("pip install 'torch>=2.6.0+cu124' a==1")
    assert found.wrong == (("torch>=2.6.0+cu124", Place(path="it.sh", line=1, column=14, end_column=32)),)
    assert pins(found) == {"": ["a==1"]}


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        pytest.param("COPY requirements.txt .\nRUN pip install -r requirements.txt", ["requirements.txt"], id="here"),
        pytest.param(
            "COPY requirements.txt /x/\nRUN pip install -r /x/requirements.txt", ["requirements.txt"], id="absolute"
        ),
        pytest.param("COPY a/r.txt /x/q.txt\nRUN pip install -r /x/q.txt", ["a/r.txt"], id="renamed"),
        pytest.param("COPY . .\nRUN pip install -r a/r.txt", ["a/r.txt"], id="all"),
        pytest.param("COPY a ./b/\nRUN cd b && pip install -r r.txt", ["a/r.txt"], id="a folder's"),
        pytest.param("COPY a/*.txt ./\nRUN pip install -rr.txt", ["a/r.txt"], id="wild"),
        pytest.param("COPY --from=x r.txt .\nRUN pip install -r r.txt", [], id="another stage's"),
        pytest.param("RUN pip install -r r.txt", [], id="from nowhere"),
        pytest.param("COPY r.txt .\nRUN sed -i s/a/b/ r.txt && pip install -r r.txt", [], id="changed"),
        pytest.param("COPY r.txt .\nRUN echo a > r.txt; pip install -r r.txt", [], id="written"),
        pytest.param("COPY r.txt .\nRUN cat r.txt && pip install -r r.txt", ["r.txt"], id="looked at"),
        pytest.param("COPY r.txt .\nRUN cd $X && pip install -r r.txt", [], id="unknown folder"),
        pytest.param("COPY r.txt .\nRUN [ x ] && cd y; pip install -r r.txt", [], id="perhaps another folder"),
        pytest.param("COPY r.txt .\nRUN pip install -r https://x.example/r.txt", [], id="address"),
        pytest.param(
            "RUN --mount=type=bind,source=q/r.txt,target=/m/r.txt pip install -r /m/r.txt", ["q/r.txt"], id="mounted"
        ),
    ],
)
def test_which_file_of_the_context_a_file_of_requirements_is(lines: str, asked: list[str]) -> None:
    found, asked_for = image(f"FROM x\nWORKDIR /w\n{lines}", *asked)
    assert [path for path, _ in asked_for] == asked
    assert pins(found) == ({"": ["torch==2.6.0"]} if asked else {})
    assert bool(found.notes) == (not asked)


def test_a_file_that_is_not_followed_is_noted_on_its_line() -> None:
    found, _ = image("FROM x\n\nRUN pip install \\\n  -r r.txt -r $X")
    reason = "is not read: which file of the build context it is cannot be told"
    assert found.notes == (f"Dockerfile:3: r.txt {reason}", f"Dockerfile:3: … {reason}")


def test_constraints_are_no_requirements() -> None:
    found, asked = image("FROM x\nCOPY c.txt /\nENV PIP_CONSTRAINT=/c.txt\nRUN pip install a==1", "c.txt")
    (subject,) = found.subjects
    assert asked == [("c.txt", True)]
    assert [(str(each.name), each.role) for each in subject.mentions] == [
        ("a", Role.REQUIRED),
        ("torch", Role.CONSTRAINED),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("COPY <<E /r.txt\na==1\nE\nRUN pip install -r /r.txt", ["a==1"], id="requirements"),
        pytest.param("WORKDIR /w\nCOPY <<E r.txt\na==1\nE\nRUN pip install -r r.txt", ["a==1"], id="in the folder"),
        pytest.param("ARG V=1\nCOPY <<E /r.txt\na==$V\nE\nRUN pip install -r /r.txt", ["a==1"], id="filled in"),
        pytest.param("COPY <<E /r.txt\na==$V\nE\nRUN pip install -r /r.txt", None, id="not told"),
        pytest.param("COPY <<E /r.txt\n-r more.txt\nE\nRUN pip install -r /r.txt", None, id="names another file"),
        pytest.param("COPY <<E /r.txt\na b c\nE\nRUN pip install -r /r.txt", None, id="no requirements"),
        pytest.param(
            "COPY <<E /r.txt\na==1\nE\nRUN echo b >> /r.txt\nRUN pip install -r /r.txt", None, id="written to later"
        ),
        pytest.param(
            "COPY <<E /r.txt\na==1\nE\nCOPY <<E /r.txt\na==2\nE\nRUN pip install -r /r.txt", ["a==2"], id="twice"
        ),
        pytest.param(
            "COPY r.txt /\nCOPY <<E /r.txt\na==1\nE\nRUN pip install -r /r.txt", ["a==1"], id="over the context's"
        ),
        pytest.param(
            "COPY <<E /r.txt\na==1\nE\nCOPY r.txt /\nRUN pip install -r /r.txt",
            ["torch==2.6.0"],
            id="the context's over it",
        ),
    ],
)
def test_requirements_that_the_dockerfile_holds_itself(lines: str, expected: list[str] | None) -> None:
    found, _ = image(f"FROM x\n{lines}", "r.txt")
    assert pins(found) == ({} if expected is None else {"": expected})
    assert bool(found.notes) == (expected is None)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("cat > r.txt <<E\na==1\nE\npip install -r r.txt", ["a==1"], id="written"),
        pytest.param("cat <<'E' >/w/r.txt\na==1\nE\npip install -r /w/r.txt", ["a==1"], id="quoted, and elsewhere"),
        pytest.param("cat <<-E >|r.txt\n\ta==1\n\tE\npip install -r ./r.txt", ["a==1"], id="tabs"),
        pytest.param("V=1\ncat > r.txt <<E\na==$V\nE\npip install -r r.txt", ["a==1"], id="filled in"),
        pytest.param("V=1\ncat > r.txt <<'E'\na==$V\nE\npip install -r r.txt", None, id="not filled in"),
        pytest.param("cat > r.txt <<E\na==$(x)\nE\npip install -r r.txt", None, id="not told"),
        pytest.param("cat > r.txt <<E\na==${x\nE\npip install -r r.txt", None, id="something that does not end"),
        pytest.param("cat > r.txt <<E\na\n-r https://x.example/r\nE\npip install -r r.txt", None, id="an address"),
        pytest.param("cat >> r.txt <<E\na==1\nE\npip install -r r.txt", None, id="added to what is there"),
        pytest.param("cat head > r.txt <<E\na==1\nE\npip install -r r.txt", None, id="another file"),
        pytest.param("sort > r.txt <<E\na==1\nE\npip install -r r.txt", None, id="another program"),
        pytest.param("cat > r.txt <<E\na==1\nE\ncat b >> r.txt\npip install -r r.txt", None, id="added to later"),
        pytest.param("if x; then\ncat > r.txt <<E\na==1\nE\nfi\npip install -r r.txt", None, id="perhaps"),
        pytest.param("cat > r.txt <<E\na==1\nE\ncd d; pip install -r r.txt", None, id="from another folder"),
        pytest.param("cat > r.txt <<E\na==1\nE\ncd d; pip install -r ../r.txt", ["a==1"], id="from a folder below"),
        pytest.param("cat > /r.txt <<E\na==1\nE\nexport X=/r.txt\npip install -r $X", ["a==1"], id="by a variable"),
    ],
)
def test_requirements_that_a_script_writes(lines: str, expected: list[str] | None) -> None:
    found = script(lines)
    assert pins(found) == ({} if expected is None else {"": expected})
    assert bool(found.notes) == (expected is None)


def test_a_line_that_no_installer_takes_is_told_once_where_it_is_written() -> None:
    found = script("cat > r.txt <<E\na==1\ntorch>=2.6.0+cu124\nE\npip install -r r.txt\npip3 install -r r.txt")
    assert [(each.rule.id, each.place.line, each.place.column) for each in found.findings] == [("SP501", 3, 6)]


def test_requirements_that_a_run_writes_are_those_of_a_later_one() -> None:
    found, _ = image("FROM x\nARG V=1\nRUN set -e; cat > /c.txt <<E\nb==$V\nE\nRUN pip install -c /c.txt a==1")
    assert [(str(each.name), each.version, each.place.line) for each in found.subjects[0].mentions] == [
        ("a", "1", 6),
        ("b", "1", 4),
    ]


def test_what_the_dockerfile_holds_stands_where_it_is_written() -> None:
    found, _ = image("FROM x\nARG V=1\nCOPY <<E /r.txt\n# b\n  a==2 # c\nc==$V\nE\nRUN pip install -r /r.txt")
    places = [(each.place.line, each.place.column, each.place.end_column) for each in found.subjects[0].mentions]
    assert places == [(5, 3, 7), (6, 1, 0)], "what was filled in is not in the file in one row, so it has no end"


def test_constraints_stand_behind_those_that_the_base_image_may_name() -> None:
    text = (
        'COPY <<E /c.txt\nb==1\nE\nENV PIP_CONSTRAINT="${PIP_CONSTRAINT:+$PIP_CONSTRAINT }/c.txt"\nRUN pip install a==1'
    )
    found, _ = image(f"FROM x\n{text}")
    assert [(str(each.name), each.role) for each in found.subjects[0].mentions] == [
        ("a", Role.REQUIRED),
        ("b", Role.CONSTRAINED),
    ]
    assert found.notes == (), "what it may name holds versions, and asks for nothing"


def test_a_stage_holds_what_it_is_built_from_and_is_judged_once() -> None:
    found, _ = image("FROM x AS one\nRUN pip install a==1\nFROM one AS two\nRUN pip install b==1\nFROM one\nRUN true")
    assert pins(found) == {"stage two": ["a==1", "b==1"]}


def test_a_stage_whose_pins_are_replaced_later_is_judged_too() -> None:
    found, _ = image("FROM x AS one\nRUN pip install a==1\nFROM one AS two\nRUN pip install a==2")
    assert pins(found) == {"stage one": ["a==1"], "stage two": ["a==2"]}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("COPY --from=one /opt/venv /opt/venv", False),
        ("COPY --from=one /usr/local /usr/local", False),
        ("COPY --from=one /usr/lib/python3/dist-packages/a /usr/lib/python3/dist-packages/a", False),
        ("COPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /bin/", True),
        ("COPY --from=one /src/dist /dist", True),
    ],
)
def test_an_environment_that_is_copied_in_may_hold_anything(line: str, kept: bool) -> None:
    found, _ = image(f"FROM x AS one\nFROM y\nRUN pip install a==1\n{line}\nRUN pip install b==1")
    assert pins(found) == {"stage 1": ["a==1", "b==1"] if kept else ["b==1"]}


def test_a_platform_tells_the_machine() -> None:
    found, _ = image("FROM --platform=linux/arm64 python:3.11\nRUN pip install a==1")
    assert (found.subjects[0].machine, found.subjects[0].pythons) == ("aarch64", ("3.11",))


def test_an_image_that_is_not_covered_is_noted() -> None:
    found, _ = image("FROM rocm/pytorch:latest AS one\nRUN pip install a==1\nFROM one\nRUN pip install b==1")
    assert found.subjects == ()
    assert found.notes == (
        (
            "Dockerfile:1: rocm/pytorch:latest has a build for another accelerator, which is not covered: "
            "nothing is said of what is built from it"
        ),
    )


def test_the_catalog_tells_what_packages_need() -> None:
    needs = catalog_needs(Catalog.open())

    def asked(name: str, version: str, *extras: str) -> set[tuple[str, str]]:
        place = Place(path="it")
        mention = Mention(name=normalized_name(name), place=place, role=Role.REQUIRED, version=version, extras=extras)
        return set(needs(mention))

    assert ("torch", "==2.6.0") in asked("vllm", "0.8.5")  # vllm-0.8.5 wheel: Requires-Dist: torch==2.6.0
    assert "torch" in {name for name, _ in asked("vllm", "")}
    assert "torch" not in {name for name, _ in asked("sglang", "0.4.6.post5")}  # torch==2.6.0 ; extra == "srt"
    assert ("torch", "==2.6.0") in asked("sglang", "0.4.6.post5", "srt")
    assert asked("nobody-has-this", "1") == set()
