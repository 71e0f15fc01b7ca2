"""A hollow torch with names as torch's have them, kernels beside it, and what we and the loader say of them."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, NamedTuple

from tests.support.loader import Site, built, linked, refusal

from stackpin.app.abi_read import Read, judge_read, read_named
from stackpin.app.named_environment import named_environment
from stackpin.model.abi import Judgement, Verdict

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NEW_ABI", "OLD_ABI", "Kernel", "Opened", "Torches", "hollow_torches", "torch_in"]

OLD_ABI, NEW_ABI = "-D_GLIBCXX_USE_CXX11_ABI=0", "-D_GLIBCXX_USE_CXX11_ABI=1"
C10 = """
#include <string>
namespace c10 {
struct TensorImpl { virtual ~TensorImpl(); long size(long at) const; };
TensorImpl::~TensorImpl() {}
long TensorImpl::size(long at) const { return at; }
namespace detail { void torchCheckFail(const char*, unsigned, const std::string&) {} }
thread_local int depth = 0;
GONE_FROM_C10
}
"""
#: What only the full build has: a kernel that needs one of these does not go with the other build.
C10_MORE = """
struct StorageImpl { virtual ~StorageImpl(); };
StorageImpl::~StorageImpl() {}
int levels[4] = {1, 2, 3, 4};
thread_local int level = 1;
"""
CPU = """
#include <string>
namespace at {
struct Tensor;
namespace _ops { struct empty { static long call(long); }; long empty::call(long size) { return size; } }
std::string toString(const Tensor*) { return "tensor"; }
GONE_FROM_CPU
}
extern "C" int aoti_torch_get_dtype(int which) { return which; }
"""
CPU_MORE = 'long add(const Tensor*) { return 1; } extern "C" int aoti_torch_new(int which) { return which; }'


class Torches(NamedTuple):
    """The torch that kernels are made against, and builds to open them beside: one with fewer names, one a C++ ABI."""

    full: Site
    fewer: Site
    old_strings: Site


def torch_in(site: Site, version: str, *options: str, full: bool = True) -> Site:
    """Put a hollow torch into an environment."""
    sources = {
        "libc10.so": C10.replace("GONE_FROM_C10", C10_MORE if full else ""),
        "libtorch_cpu.so": CPU.replace("GONE_FROM_CPU", CPU_MORE if full else ""),
    }
    site.record(
        "torch", version, *(built(site.torch_libraries / name, text, *options) for name, text in sources.items())
    )
    return site


class Kernel(NamedTuple):
    """Shared objects of one distribution, built in a folder of their own."""

    folder: Path
    torches: Torches

    def built(self, name: str, source: str, *options: str) -> Path:
        """One more shared object, linked with the full torch."""
        torch = (f"-L{self.torches.full.torch_libraries}", "-lc10", "-ltorch_cpu")
        return built(self.folder / "demo" / name, source, *torch, *options)

    def beside(self, torch: Site) -> Opened:
        """What is said of the kernel where it is installed beside one of the torches."""
        site = Site(self.folder / f"beside-{torch.prefix.name}")
        torch_name = next(torch.packages.glob("torch-*.dist-info")).name
        for name in ("torch", torch_name):
            (site.packages / name).symlink_to(torch.packages / name)
        (site.packages / "demo").symlink_to(self.folder / "demo")
        files = sorted((site.packages / "demo").iterdir())
        site.record("demo", "1.0", *files)
        environment = named_environment("", str(site.prefix))
        assert environment is not None
        machine = platform.machine()
        return Opened(site, files, read_named("demo", environment, machine), read_named("torch", environment, machine))


class Opened(NamedTuple):
    """A kernel in an environment: what we read of it and of the torch there."""

    site: Site
    files: list[Path]
    kernel: Read
    torch: Read

    def judged(self) -> Judgement:
        """Our verdict."""
        assert self.kernel.kernel is not None
        return judge_read(self.kernel.kernel, self.torch)

    def refused(self) -> dict[str, str]:
        """The files that the loader refuses, with its words."""
        folder = self.site.torch_libraries
        words = {path.name: refusal(path, folder) for path in self.files}
        return {name: said for name, said in words.items() if said}

    def unresolved(self) -> set[str]:
        """The names that ``ldd -r`` misses in any of the files."""
        found = [linked(path, self.site.torch_libraries).undefined_in(path) for path in self.files]
        return set().union(*found)

    def agreed(self) -> Verdict:
        """Our verdict, after it was compared with what the loader does: it misses the same names, and refuses for one."""
        judgement, refused, unresolved = self.judged(), self.refused(), self.unresolved()
        assert set(judgement.missing) == unresolved
        assert (judgement.verdict is Verdict.MISFIT) == bool(refused)
        assert [any(name in words for name in judgement.missing) for words in refused.values()] == [True] * len(refused)
        return judgement.verdict


def hollow_torches(folder: Path) -> Torches:
    """The three builds, each in an environment of its own."""
    return Torches(
        full=torch_in(Site(folder / "full"), "2.9.0", NEW_ABI),
        fewer=torch_in(Site(folder / "fewer"), "2.8.0", NEW_ABI, full=False),
        old_strings=torch_in(Site(folder / "old"), "2.6.0", OLD_ABI),
    )
