"""The tree: each member under the one whose line brings it in, with what it rests on."""

from __future__ import annotations

from packaging.utils import canonicalize_name
from tests.support.locked import pin, sglang_cu124, sglang_cu126

from stackpin.emit.tuple_tree import Node, tree_lines, tuple_tree
from stackpin.model.locked import Evidence
from stackpin.model.value import replace

__all__: list[str] = []


def below(nodes: tuple[Node, ...], name: str) -> list[str]:
    """The names under a member, wherever in the trees it stands."""
    for node in nodes:
        if node.name == name:
            return [child.name for child in node.children]
        found = below(node.children, name)
        if found:
            return found
    return []


def test_torch_stands_under_the_anchor_and_triton_under_torch() -> None:
    tree = tuple_tree(sglang_cu124())
    assert [node.name for node in tree] == ["sglang"]
    assert "torch" in below(tree, "sglang")
    assert "sgl-kernel" in below(tree, "sglang")
    assert "triton" in below(tree, "torch")


def test_what_says_itself_which_torch_it_is_for_stands_under_torch() -> None:
    locked = sglang_cu124()
    audio = pin("torchaudio", "2.6.0", "torchaudio 2.6.0: torch==2.6.0")
    tree = tuple_tree(replace(locked, pins=(*(each for each in locked.pins if each.name != "torchaudio"), audio)))
    assert "torchaudio" in below(tree, "torch")


def test_every_pin_is_in_the_tree_once() -> None:
    def names(nodes: tuple[Node, ...]) -> list[str]:
        return [name for node in nodes for name in (node.name, *names(node.children))]

    locked = sglang_cu124()
    assert sorted(names(tuple_tree(locked))) == sorted(str(each.name) for each in locked.pins)


def test_a_build_of_another_index_is_told_with_its_page() -> None:
    locked = sglang_cu126()
    paged = {"page": "https://index.example/cu126/torch/", "source": "read on 1 July"}
    pins = tuple(
        replace(each, build=replace(each.build, **paged)) if each.name == "torch" else each for each in locked.pins
    )
    (root,) = tuple_tree(replace(locked, pins=pins))
    torch = next(node for node in root.children if node.name == "torch")
    assert torch.version == "2.6.0+cu126"
    assert torch.evidence[-1] == "https://index.example/cu126/torch/  (read on 1 July)"


def test_all_lines_are_told_with_digests_where_they_are_asked_for() -> None:
    locked = sglang_cu124()
    torch = next(each for each in locked.pins if each.name == "torch")
    second = Evidence(subject="kernel 1.0", line="torch>=2.6", source="kernel-1.0.whl", sha256="ab" * 32)
    pins = tuple(replace(each, evidence=(*torch.evidence, second)) if each is torch else each for each in locked.pins)
    whole = replace(locked, pins=pins)

    def told(*, every: bool) -> tuple[str, ...]:
        (root,) = tuple_tree(whole, every=every)
        return next(node for node in root.children if node.name == "torch").evidence

    assert not any("torch>=2.6" in line for line in told(every=False))
    assert "torch>=2.6  (kernel-1.0.whl, sha256 abababababab)" in told(every=True)


def test_a_project_of_ones_own_is_a_root_without_a_version() -> None:
    locked = sglang_cu124()
    anchor = replace(locked.anchors[0], name=canonicalize_name("mine"), version="")
    own = replace(locked, anchors=(anchor,), pins=tuple(each for each in locked.pins if each.name != "sglang"))
    (root,) = tuple_tree(own)
    assert (root.name, root.version, root.evidence) == ("mine", "", ())
    assert "torch" in [child.name for child in root.children]


def test_the_lines_draw_it() -> None:
    leaf = Node(name="triton", version="3.2.0", evidence=("triton==3.2.0",))
    torch = Node(
        name="torch", version="2.6.0", evidence=("torch==2.6.0", "PyPI's own build is cu124"), children=(leaf,)
    )
    kernel = Node(name="sgl-kernel", version="0.1.4", evidence=("sgl-kernel==0.1.4", "108 torch symbols"))
    root = Node(name="sglang", version="0.4.6", evidence=(), children=(torch, kernel))
    assert tree_lines((root,)) == [
        "sglang 0.4.6",
        "├─ torch 2.6.0       torch==2.6.0",
        "│  │                 PyPI's own build is cu124",
        "│  └─ triton 3.2.0   triton==3.2.0",
        "└─ sgl-kernel 0.1.4  sgl-kernel==0.1.4",
        "                     108 torch symbols",
    ]
