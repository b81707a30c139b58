"""The compiled kernels: made once for this processor with the C compiler that is there, kept in the cache."""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

import torch

__all__ = ["COLUMNS", "MAX_HEAD_DIM", "Kernels", "load_kernels"]

MAX_HEAD_DIM = 512
"""`MAX_DIM` of kernels.c: the longest head that `rotate_heads` takes."""
COLUMNS = 64
"""`COLUMNS` of kernels_tile.h: outputs in a block of packed weights."""
SOURCES = ("kernels.c", "kernels_typed.h", "kernels_tile.h", "kernels_int8.h", "kernels_bf16.h")
FLAGS = (
    *("-O3", "-march=native", "-std=gnu11", "-fPIC", "-shared", "-fopenmp"),
    # Lets sums become vector code. -ffast-math would also let the compiler forget about infinity and NaN.
    *("-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros", "-freciprocal-math"),
)
SUFFIXES = {torch.bfloat16: "bf16", torch.float32: "f32"}
OFF = "SUMTUNE_KERNELS"
"""Environment variable: 0 turns the kernels off."""

Argument = torch.Tensor | int | float | None


class Kernels:
    """The functions of kernels.c on torch tensors; the element type is that of the first argument."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self.has_int8_product = bool(library.has_int8_product())
        """Whether kernels_int8.h has a product for this processor."""
        self.has_bf16_product = bool(library.has_bf16_product())
        """Whether kernels_bf16.h has a product for this processor."""

    def untyped(self, name: str, *arguments: Argument) -> None:
        """Runs function `name`, which is for one element type only."""
        function = getattr(self._library, name)
        function.restype = None
        function(*map(_as_c, arguments))

    def __call__(self, name: str, *arguments: Argument) -> None:
        """Runs kernel `name`. Tensors must be dense and on the CPU; the kernel trusts their shapes."""
        first = arguments[0]
        assert isinstance(first, torch.Tensor)
        self.untyped(f"{name}_{SUFFIXES[first.dtype]}", *arguments)


def _as_c(argument: Argument) -> ctypes.c_void_p | ctypes.c_int64 | ctypes.c_float:
    if isinstance(argument, torch.Tensor):
        assert argument.is_contiguous()
        assert argument.device.type == "cpu"
        return ctypes.c_void_p(argument.data_ptr())
    if isinstance(argument, float):
        return ctypes.c_float(argument)
    return ctypes.c_void_p(None) if argument is None else ctypes.c_int64(argument)


@cache
def load_kernels(folder: Path) -> Kernels | None:
    """The kernels, compiled into `folder` unless they are there; None where that is impossible or switched off."""
    if os.environ.get(OFF) == "0":
        return None
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    try:
        return Kernels(ctypes.CDLL(str(_compiled(compiler, folder))))
    except (OSError, subprocess.SubprocessError):
        return None


def _compiled(compiler: str, folder: Path) -> Path:
    source = files("sumtune.kernels")
    texts = {name: source.joinpath(name).read_bytes() for name in SOURCES}
    made_from = hashlib.sha256(repr((texts, FLAGS, compiler, _processor())).encode()).hexdigest()
    library = folder / f"kernels-{made_from[:16]}.so"
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".compiling-") as work:
        for name, text in texts.items():
            (Path(work) / name).write_bytes(text)
        command = [compiler, *FLAGS, "-o", "kernels.so", SOURCES[0], "-lm"]
        subprocess.run(command, cwd=work, check=True, capture_output=True, timeout=120)
        (Path(work) / "kernels.so").replace(library)
    return library


def _processor() -> str:
    """What `-march=native` looks at: another processor must not run this one's code."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() + platform.machine()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
