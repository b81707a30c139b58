"""Variants of the kernels: the sets of instructions that they are compiled for, and the choice at run time."""

import ctypes
import os
import platform

from sumtune.errors import ConfigError

__all__ = ["CPU", "VARIANTS", "choose_variant", "runnable_variants", "variants_of"]

CPU = "SUMTUNE_CPU"
"""Environment variable that names the variant to use in place of the best one."""
AVX2 = ("-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2", "-mlzcnt", "-mmovbe")
AVX512 = (*AVX2, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl", "-mavx512vnni")
VARIANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": {
        "avx512bf16": (*AVX512, "-mavx512bf16"),
        "avx512": AVX512,
        "avxvnni": (*AVX2, "-mavxvnni"),
        "avx2": AVX2,
    },
    "aarch64": {
        "i8mm": ("-march=armv8.2-a+dotprod+i8mm+bf16",),
        "dotprod": ("-march=armv8.2-a+dotprod",),
        "neon": ("-march=armv8-a",),
    },
}  # fmt: skip
"""Compiler flags of each variant by architecture, the best variant first. processor.c says which ones a processor
can run: every aarch64 processor runs the last one, but not every x86_64 processor does."""
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def variants_of(machine: str) -> dict[str, tuple[str, ...]]:
    """Return the variants for an architecture, as `platform.machine()` calls it; none if there are no kernels for it.

    >>> list(variants_of("AMD64"))
    ['avx512bf16', 'avx512', 'avxvnni', 'avx2']
    """
    return VARIANTS.get(ARCHITECTURES.get(machine.lower(), ""), {})


def runnable_variants(library: ctypes.CDLL) -> list[str]:
    """Return the variants in `library` that this processor can run, the best one first."""
    return [
        name
        for name in variants_of(platform.machine())
        if hasattr(library, f"has_int8_product_{name}") and getattr(library, f"runs_{name}")()
    ]


def choose_variant(library: ctypes.CDLL) -> str | None:
    """Return the best variant in `library` for this processor, or the one that `$SUMTUNE_CPU` names.

    It is None if this processor can run none.

    Raises:
        ConfigError: `$SUMTUNE_CPU` names a variant that does not exist or that this processor cannot run.
    """
    runnable, wanted = runnable_variants(library), os.environ.get(CPU)
    if wanted and wanted not in runnable:
        expected = f"one of {', '.join(runnable)}, which this processor can run" if runnable else "no value"
        raise ConfigError(f"{CPU} is {wanted!r}, expected {expected}.")
    return wanted or next(iter(runnable), None)
