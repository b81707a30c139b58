"""Load the kernels: those of the package, or those that the machine's C compiler made earlier or makes now."""

import ctypes
import logging
import os
import platform
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path
from subprocess import CalledProcessError, SubprocessError
from typing import Any

import torch

from sumtune.errors import ConfigError
from sumtune.files.cache import Entry
from sumtune.kernels.compiler import COMPILERS, LIBRARY, compile_kernels, find_compiler, library_key
from sumtune.kernels.signatures import COLUMNS, MAX_HEAD_DIM, SIGNATURES, Argument, Signature
from sumtune.kernels.threads import use_torch_threads
from sumtune.kernels.variants import CPU, choose_variant, variants_of

__all__ = ["COLUMNS", "MAX_HEAD_DIM", "OFF", "Kernels", "compile_into_package", "load_kernels", "why_no_kernels"]

logger = logging.getLogger(__name__)

OFF = "SUMTUNE_KERNELS"
"""Environment variable: 0 turns the kernels off."""
PRODUCTS = ("int8", "bf16", "f32")
"""Types of matrix products."""
SHOWN_LINES = 5
"""Number of lines to show from the end of the compiler's error message."""


class Kernels:
    """The functions in kernels.c for one variant, callable with torch tensors."""

    def __init__(self, library: ctypes.CDLL, variant: str, by_torch: Collection[str] = ()) -> None:
        """Leave the products of the types `by_torch` (`int8`, `bf16`, `f32`) to torch."""
        self._library = library
        self._functions: dict[tuple[str, torch.dtype], Any] = {}
        self.variant = variant
        self.label = ", ".join([variant, *(f"{element} products by torch" for element in sorted(by_torch))])
        """Variant, and the products that are left to torch; results and times depend on both."""
        self.has_int8_product = "int8" not in by_torch and bool(library[f"has_int8_product_{variant}"]())
        """Whether the variant has a product of 8-bit integers."""
        self._frozen_products = {
            torch.float32: "f32" not in by_torch,
            torch.bfloat16: "bf16" not in by_torch and bool(library[f"has_bf16_product_{variant}"]()),
        }

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
        self._run(signature, element, arguments)

    def has_frozen_product(self, element: torch.dtype) -> bool:
        """Return whether the variant has a product with frozen weights of the type `element`."""
        return self._frozen_products.get(element, False)

    def _run(self, signature: Signature, element: Any, arguments: tuple[Argument, ...]) -> None:
        key = signature.name, element
        if key not in self._functions:
            self._functions[key] = signature.function(self._library, element, self.variant)
        self._functions[key](*signature.to_c(*arguments))


def load_kernels(folder: Path) -> Kernels | None:
    """Return the kernels, compiled into `folder` if necessary; None if that is impossible or turned off.

    Raises:
        ConfigError: `$SUMTUNE_CPU` names a variant that this processor cannot run.
    """
    found = _load(folder, os.environ.get(OFF), os.environ.get(CPU))
    return found if isinstance(found, Kernels) else None


def why_no_kernels(folder: Path) -> str | None:
    """Return the reason why `load_kernels` returns None, as the end of a sentence; None if it returns kernels."""
    found = _load(folder, os.environ.get(OFF), os.environ.get(CPU))
    return found if isinstance(found, str) else None


@cache
def _load(folder: Path, switch: str | None, cpu: str | None) -> Kernels | str:
    """Return the kernels, or the reason why there are none."""
    if switch == "0":
        return f"{OFF}=0 turns the kernels off"
    if not variants_of(platform.machine()):
        return f"there are none for the architecture {platform.machine()}"
    entries = _entries(folder)
    try:
        place = next((found for entry in entries if (found := entry.find())), None)
        if place is None:
            if find_compiler() is None:
                return (
                    f"there is no C compiler ({', '.join(COMPILERS)}) for the kernels, and {folder} has none that were "
                    "compiled earlier"
                )
            place = entries[1].get(_compile)
        return _kernels(ctypes.CDLL(str(place / LIBRARY)), is_forced=bool(cpu))
    except CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()[-SHOWN_LINES:]
        reason = " ".join(["the C compiler fails:", *lines])
    except (OSError, SubprocessError) as error:
        reason = f"the kernels cannot be compiled or loaded: {error}"
    logger.warning("Training and generation are slower without the C kernels: %s", reason)
    return reason


def compile_into_package() -> Path:
    """Compile the kernels into the package unless they are there, and return their folder.

    Raises:
        ConfigError: there is no C compiler, or it failed.
    """
    try:
        return _entries(Path())[0].get(_compile)
    except CalledProcessError as error:
        raise ConfigError(f"The C compiler fails: {error.stderr.decode('utf-8', 'replace').strip()}") from None


def _compile(folder: Path) -> None:
    compiler = find_compiler()
    if compiler is None:
        raise ConfigError(f"There is no C compiler for the kernels: {', '.join(COMPILERS)}.")
    compile_kernels([compiler], variants_of(platform.machine()), folder)


def _kernels(library: ctypes.CDLL, *, is_forced: bool) -> Kernels | str:
    """Return the kernels of the best variant in `library`, or of the forced one, or the reason why there are none."""
    variant = choose_variant(library)
    if variant is None:
        return f"this processor lacks instructions that they need ({', '.join(variants_of(platform.machine()))})"
    use_torch_threads(library)
    faster = {element for element in PRODUCTS if library[f"leaves_{element}_to_torch"]()}
    return Kernels(library, variant, () if is_forced else faster)


def _entries(folder: Path) -> tuple[Entry, Entry, Entry]:
    """Return the cache entries that may hold the library: that of the package, this user's, and root's.

    Users of a shared cache each compile their own library, because nobody runs code that another user wrote. The key
    does not depend on the compiler or the processor, so a machine without a compiler can use a library that was
    compiled earlier or elsewhere.
    """
    package, user = Path(str(files("sumtune.kernels"))), os.geteuid() if hasattr(os, "geteuid") else 0
    key = library_key(platform.system(), platform.machine())
    places = (package / "compiled" / key, folder / f"{key}-{user}", folder / f"{key}-0")
    own, of_user, of_root = (Entry((place,), is_code=True) for place in places)
    return own, of_user, of_root
