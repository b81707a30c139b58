"""Adds compiled kernels to a wheel if SUMTUNE_WHEEL names a platform (`make wheels`); otherwise the wheel has none.

Zig's C compiler (package `ziglang`) compiles for every platform.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLATFORM = "SUMTUNE_WHEEL"


@dataclass(frozen=True)
class Platform:
    """A platform, as it is called by Python's `platform`, by zig and in the name of a wheel."""

    system: str
    machine: str
    target: str
    tag: str


PLATFORMS = {
    "linux-x86_64": Platform("Linux", "x86_64", "x86_64-linux-gnu.2.17", "manylinux2014_x86_64"),
    "linux-aarch64": Platform("Linux", "aarch64", "aarch64-linux-gnu.2.17", "manylinux2014_aarch64"),
    "macos-arm64": Platform("Darwin", "arm64", "aarch64-macos.11.0", "macosx_11_0_arm64"),
    "macos-x86_64": Platform("Darwin", "x86_64", "x86_64-macos.11.0", "macosx_11_0_x86_64"),
    "windows-x86_64": Platform("Windows", "AMD64", "x86_64-windows-gnu", "win_amd64"),
}
ZIG_FLAGS = {"-march=armv8-a": "-mcpu=generic", "-march=armv8.2-a": "-mcpu=generic"}
"""Zig has names of its own for architectures."""


class CompiledKernels(BuildHookInterface[Any]):
    """The build hook of hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile the kernels for the platform and add them to the wheel."""
        name = os.environ.get(PLATFORM)
        if not name:
            return
        if name not in PLATFORMS:
            raise SystemExit(f"{PLATFORM} is {name!r}, expected one of {', '.join(PLATFORMS)}.")
        sys.path.insert(0, str(Path(self.root, "src")))
        build_data["tag"], build_data["pure_python"] = f"py3-none-{PLATFORMS[name].tag}", False
        self._folder = tempfile.TemporaryDirectory()
        for file in compiled(PLATFORMS[name], Path(self._folder.name)).iterdir():
            build_data["force_include"][str(file)] = f"sumtune/kernels/compiled/{file.parent.name}/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Delete what the wheel now contains."""
        if os.environ.get(PLATFORM):
            self._folder.cleanup()


def compiled(platform: Platform, folder: Path) -> Path:
    """Compile the kernels for `platform`, and return the folder below `folder` with the library and its checksum."""
    from sumtune.files.cache import Entry
    from sumtune.kernels.compiler import compile_kernels, library_key
    from sumtune.kernels.variants import variants_of

    zig = [sys.executable, "-m", "ziglang", "cc", "-target", platform.target]
    variants = {name: [_zig_flag(flag) for flag in flags] for name, flags in variants_of(platform.machine).items()}
    entry = Entry((folder / library_key(platform.system, platform.machine),), is_code=True)
    return entry.get(lambda made: compile_kernels(zig, variants, made))


def _zig_flag(flag: str) -> str:
    architecture, plus, features = flag.partition("+")
    return ZIG_FLAGS.get(architecture, architecture) + plus + features
