"""What a wheel's shared objects need, taken together; wheels are folders in memory here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.elf_reading import file_bytes

from stackpin.errors import InputUnreadable
from stackpin.index.wheel_symbols import kernel_symbols, torch_exports
from stackpin.model.abi import WheelRead
from stackpin.parse.wheel_directory import Range
from stackpin.parse.wheel_members import Member

if TYPE_CHECKING:
    from stackpin.parse.member_bytes import Source

__all__: list[str] = []

READ = WheelRead(name="demo", version="1.0", file="demo.whl", sha256="0" * 64, machine="x86_64")
PLAIN, STRING, STABLE = "_ZNK3c1010TensorImpl4sizeEl", "_ZN3c105ErrorC2ENS_14SourceLocationESs", "aoti_torch_get_dtype"


class Wheel:
    """An open wheel that holds these files."""

    def __init__(self, **files: bytes) -> None:
        self._files = {name.replace("__", "/").replace("_so", ".so"): content for name, content in files.items()}

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(
            Member(
                name=name,
                method=0,
                size=len(content),
                compressed_size=len(content),
                crc=0,
                encrypted=False,
                place=Range(start=0, stop=len(content)),
            )
            for name, content in self._files.items()
        )

    def opened(self, member: Member) -> Source:
        return lambda wanted: self._files[member.name][wanted.start : wanted.stop]


def needing(*names: str, defines: tuple[str, ...] = (), **shape: Any) -> bytes:
    symbols = (*(Symbol(name, defined=False) for name in names), *map(Symbol, defines))
    return elf_bytes(Recipe(symbols=symbols, needed=("libcudart.so.13",), **shape))


def test_all_shared_objects_count_together() -> None:
    found = kernel_symbols(Wheel(demo__a_so=needing(PLAIN), demo__b_so=needing(STRING, "memcpy")), READ)
    assert found is not None
    assert (found.needs, found.cuda_majors, found.stable) == ((frozenset({PLAIN, STRING}),), (13,), False)


def test_libraries_that_were_put_beside_do_not() -> None:
    found = kernel_symbols(Wheel(**{"demo.libs__x_so": needing(STRING), "demo__a_so": needing(PLAIN)}), READ)
    assert found is not None
    assert found.needs == (frozenset({PLAIN}),)


def test_what_another_file_of_the_wheel_defines_is_not_asked_of_torch() -> None:
    """A device's plug-in has operators of its own in torch's namespaces; torch never had them."""
    found = kernel_symbols(
        Wheel(demo__a_so=needing(PLAIN, STRING), demo__b_so=needing(STABLE, defines=(STRING, "other"))), READ
    )
    assert found is not None
    assert found.needs == (frozenset({PLAIN, STABLE}),)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
def test_files_for_any_machine_are_read(bits: int, little: bool) -> None:
    content = needing(PLAIN, "memcpy", defines=(STRING,), bits=bits, little=little)
    found = kernel_symbols(Wheel(demo__a_so=content), READ)
    assert found is not None
    assert (found.needs, found.cuda_majors) == ((frozenset({PLAIN}),), (13,))


def test_files_for_one_cuda_or_another_are_a_choice() -> None:
    wheel = Wheel(demo__hook_cu12_so=needing(STRING), demo__hook_cu13_so=needing(PLAIN), demo__all_so=needing(STABLE))
    found = kernel_symbols(wheel, READ)
    assert found is not None
    assert found.needs == (frozenset({STABLE, STRING}), frozenset({STABLE, PLAIN}))


def test_files_for_one_torch_or_another_are_a_choice_that_says_which() -> None:
    """As torch-c-dlpack-ext names them: ``libtorch_c_dlpack_addon_torch24-cuda.so``."""
    wheel = Wheel(
        **{
            "demo__lib_torch24-cpu_so": needing(STRING),
            "demo__lib_torch24-cuda_so": needing(STRING, PLAIN),
            "demo__lib_torch210-cuda_so": needing(PLAIN),
        }
    )
    found = kernel_symbols(wheel, READ)
    assert found is not None
    assert sorted(zip(found.series, found.needs, strict=True), key=lambda pair: (pair[0], len(pair[1]))) == [
        ("2.10", frozenset({PLAIN})),
        ("2.4", frozenset({STRING})),
        ("2.4", frozenset({STRING, PLAIN})),
    ]


def test_one_such_file_alone_is_no_choice() -> None:
    found = kernel_symbols(Wheel(demo__lib_torch24_so=needing(STRING), demo__torch_so=needing(PLAIN)), READ)
    assert found is not None
    assert (found.needs, found.series) == ((frozenset({STRING, PLAIN}),), ())


def test_what_a_wheel_lays_out_in_site_packages_is_read_from_its_list_of_files() -> None:
    wheel = Wheel(**{"demo__a_so": needing(PLAIN), "other__b_py": b"", "demo.libs__c_so": b"", "single.py": b""})
    found = kernel_symbols(wheel, READ)
    assert found is not None
    assert found.writes == ("demo", "demo.libs", "other", "single.py")
    described = Wheel(
        **{"demo__a_so": needing(PLAIN), "demo-1.0.dist-info__RECORD": b"", "demo-1.0.data__scripts__x": b""}
    )
    again = kernel_symbols(described, READ)
    assert again is not None
    assert again.writes == ("demo",)


def test_a_wheel_on_the_stable_abi_alone_is_told() -> None:
    found = kernel_symbols(Wheel(demo__a_so=needing(STABLE, "memcpy")), READ)
    assert found is not None
    assert found.stable


def test_a_file_whose_front_tells_nothing_is_read_whole() -> None:
    found = kernel_symbols(Wheel(demo__a_so=file_bytes("patched.so")), READ)
    assert found is not None
    assert found.needs == (frozenset(),)


def test_a_wheel_without_shared_objects_is_none() -> None:
    assert kernel_symbols(Wheel(demo__a_py=b"pass"), READ) is None


def test_what_is_no_elf_file_is_told() -> None:
    with pytest.raises(InputUnreadable):
        kernel_symbols(Wheel(demo__a_so=b"\x7fELF and no more"), READ)


def test_a_torch_exports_what_its_libraries_define() -> None:
    made = elf_bytes(Recipe(symbols=(Symbol(PLAIN), Symbol(STRING, defined=False)), needed=("libcudart.so.12",)))
    other = elf_bytes(Recipe(symbols=(Symbol(STABLE),)))
    found = torch_exports(
        Wheel(torch__lib__libtorch_cpu_so=made, torch__lib__libc10_so=other, torch__lib__libgomp_so=b"")
    )
    assert found == (frozenset({PLAIN, STABLE}), (12,))


def test_a_wheel_without_torchs_libraries_is_no_torch() -> None:
    with pytest.raises(InputUnreadable):
        torch_exports(Wheel(torch__lib__other_so=b""))
