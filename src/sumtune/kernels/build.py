"""Compile the kernels for this processor once, with the machine's C compiler, and cache them."""

import ctypes
import logging
import os
import platform
import shutil
import subprocess
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from sumtune.files.cache import Entry
from sumtune.kernels.signatures import COLUMNS, MAX_HEAD_DIM, SIGNATURES, Argument, Signature

__all__ = ["COLUMNS", "MAX_HEAD_DIM", "Kernels", "load_kernels", "why_no_kernels"]

logger = logging.getLogger(__name__)

SOURCES = ("kernels.c", "kernels_typed.h", "kernels_tile.h", "kernels_int8.h", "kernels_bf16.h")
FLAGS = (
    *("-O3", "-march=native", "-std=gnu11", "-fPIC", "-shared", "-fopenmp"),
    # Lets the compiler vectorize sums. -ffast-math would also let it ignore infinity and NaN.
    *("-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros", "-freciprocal-math"),
)
LIBRARY = "kernels.so"
COMPILERS = ("cc", "gcc", "clang")
OFF = "SUMTUNE_KERNELS"
"""Environment variable: 0 turns the kernels off."""
COMPILE_TIMEOUT_S = 120
SHOWN_LINES = 5
"""Number of lines to show from the end of the compiler's error message."""


class Kernels:
    """The functions in kernels.c, callable with torch tensors."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._functions: dict[tuple[str, torch.dtype], Any] = {}
        self.has_int8_product = bool(library.has_int8_product())
        """Whether kernels_int8.h has a product for this processor."""
        self.has_bf16_product = bool(library.has_bf16_product())
        """Whether kernels_bf16.h has a product for this processor."""

    def __call__(self, name: str, *arguments: Argument) -> None:
        """Run the function `name`; if it has variants, the one for the element type of the first argument.

        Raises:
            ValueError: the arguments do not match the signature.
        """
        signature, element = SIGNATURES[name], getattr(arguments[0], "dtype", None)
        try:
            fits = signature.fits(element, *arguments)
        except (AttributeError, TypeError):  # wrong number of arguments, or not a tensor
            fits = False
        if not fits:
            raise ValueError(f"Kernel {name} with {signature.explain(arguments)}.")
        self._function(signature, element)(*signature.to_c(*arguments))

    def _function(self, signature: Signature, element: Any) -> Any:
        key = signature.name, element
        if key not in self._functions:
            self._functions[key] = signature.function(self._library, element)
        return self._functions[key]


def load_kernels(folder: Path) -> Kernels | None:
    """Return the kernels, compiled into `folder` if necessary; None if that is impossible or turned off."""
    found = _load(folder, os.environ.get(OFF))
    return found if isinstance(found, Kernels) else None


def why_no_kernels(folder: Path) -> str | None:
    """Return the reason why `load_kernels` returns None, as the end of a sentence; None if it returns kernels."""
    found = _load(folder, os.environ.get(OFF))
    return found if isinstance(found, str) else None


@cache
def _load(folder: Path, switch: str | None) -> Kernels | str:
    """Return the kernels, or the reason why there are none."""
    if switch == "0":
        return f"{OFF}=0 turns the kernels off"
    own, *others = _entries(folder)
    try:
        place = next((found for entry in (own, *others) if (found := entry.find())), None)
        if place is None:
            compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
            if compiler is None:
                return (
                    f"there is no C compiler ({', '.join(COMPILERS)}) for the kernels, and {folder} has none that were "
                    "compiled for this processor"
                )
            place = own.get(partial(_compile, compiler))
        return Kernels(ctypes.CDLL(str(place / LIBRARY)))
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()[-SHOWN_LINES:]
        reason = " ".join(["the C compiler fails:", *lines])
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"the kernels cannot be compiled or loaded: {error}"
    logger.warning("Training and generation are slower without the C kernels: %s", reason)
    return reason


def _entries(folder: Path) -> list[Entry]:
    """Return the cache entries that may hold the library for these sources and this processor: this user's, root's,
    and the one in the package folder.

    Users of a shared cache each compile their own library, because nobody runs code that another user wrote. The key
    does not depend on the compiler, so a machine without one can use a library that was compiled earlier or elsewhere.
    """
    package, user = Path(str(files("sumtune.kernels"))), os.geteuid() if hasattr(os, "geteuid") else 0
    made_from = (_sources(), FLAGS, platform.system(), platform.machine(), _processor())
    key = sha256(repr(made_from).encode()).hexdigest()[:16]
    places = (folder / f"{key}-{user}", folder / f"{key}-0", package / "compiled" / key)
    return [Entry((place,), is_code=True) for place in places]


def _sources() -> dict[str, bytes]:
    return {name: files("sumtune.kernels").joinpath(name).read_bytes() for name in SOURCES}


def _compile(compiler: str, folder: Path) -> None:
    for name, text in _sources().items():
        (folder / name).write_bytes(text)
    command = [compiler, *FLAGS, "-o", LIBRARY, SOURCES[0], "-lm"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=COMPILE_TIMEOUT_S)
    for name in SOURCES:
        (folder / name).unlink()


def _processor() -> str:
    """Return the processor features that `-march=native` depends on; the code is only valid with the same features."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
