"""Compile the kernels with a C compiler, once for each variant, into one library."""

import logging
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from sumtune.kernels.variants import variants_of

__all__ = ["COMPILERS", "FLAGS", "LIBRARY", "SOURCES", "compile_kernels", "find_compiler", "library_key"]

logger = logging.getLogger(__name__)

SHARED = ("processor.c", "threads.c")
"""Files that are compiled once for all variants."""
SOURCES = (
    *("kernels.c", *SHARED, "kernels_threads.h", "kernels_tile.h", "kernels_avx2.h", "kernels_int8.h"),
    *("kernels_typed.h", "kernels_frozen.h"),
)
FLAGS = (
    *("-O3", "-std=gnu11", "-fPIC", "-fopenmp-simd", "-fvisibility=hidden"),
    # Lets the compiler vectorize sums. -ffast-math would also let it ignore infinity and NaN.
    *("-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros", "-freciprocal-math"),
)
LIBRARY = "kernels.so"
EMPTY = "empty.c"
LONGEST_MESSAGE = 500
"""Characters from the end of a compiler's message that a warning shows."""
COMPILERS = ("cc", "gcc", "clang")
TIMEOUT_S = 600


def find_compiler() -> str | None:
    """Return the path of this machine's C compiler; None if there is none."""
    return next(filter(None, map(shutil.which, COMPILERS)), None)


def library_key(system: str, machine: str) -> str:
    """Return the name of the library's folder for a system and an architecture, as `platform` calls them."""
    made_from = (_sources(), FLAGS, variants_of(machine), system)
    return sha256(repr(made_from).encode()).hexdigest()[:16]


def _sources() -> dict[str, bytes]:
    """Return the text of each C file."""
    return {name: files("sumtune.kernels").joinpath(name).read_bytes() for name in SOURCES}


def compile_kernels(compiler: Sequence[str], variants: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Write the library into `folder`, without the variants that the compiler does not support.

    The compiler must support the last one.

    Raises:
        CalledProcessError: the last variant, or the library, cannot be compiled.
    """
    for name, text in _sources().items():
        (folder / name).write_bytes(text)

    def compile_variant(name: str) -> str | None:
        flags = [*FLAGS, *variants[name]]
        try:
            _run(compiler, [*flags, f"-DVARIANT={name}", "-c", "kernels.c", "-o", f"{name}.o"], folder)
        except subprocess.CalledProcessError as error:
            if name == basic:
                raise
            if _supports(compiler, flags, folder):
                said = error.stderr.decode(errors="replace").strip()
                logger.warning("The variant %s of the kernels cannot be compiled: %s", name, said[-LONGEST_MESSAGE:])
            else:
                logger.info("The C compiler does not support the variant %s of the kernels.", name)
            return None
        return f"{name}.o"

    *_, basic = variants
    with ThreadPoolExecutor() as pool:
        objects = list(filter(None, pool.map(compile_variant, variants)))
    _run(compiler, [*FLAGS, "-shared", *SHARED, *objects, "-o", LIBRARY, "-lm"], folder)
    for name in (*SOURCES, *objects, EMPTY):
        (folder / name).unlink(missing_ok=True)


def _supports(compiler: Sequence[str], flags: Sequence[str], folder: Path) -> bool:
    """Return whether the compiler accepts the flags for a file without code."""
    (folder / EMPTY).touch()
    try:
        _run(compiler, [*flags, "-fsyntax-only", EMPTY], folder)
    except subprocess.CalledProcessError:
        return False
    return True


def _run(compiler: Sequence[str], arguments: Sequence[str], folder: Path) -> None:
    subprocess.run([*compiler, *arguments], cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_S)
