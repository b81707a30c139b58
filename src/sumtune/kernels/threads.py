"""The threads of the kernels: those that torch computes with, so that there are never two teams of threads."""

import ctypes
import sys
from contextlib import suppress

__all__ = ["use_torch_threads"]

WINDOWS_LIBRARY = "libiomp5md"
"""Name of torch's OpenMP library on Windows. Elsewhere torch makes its symbols visible to the whole process."""


def use_torch_threads(library: ctypes.CDLL) -> None:
    """Let the kernels in `library` run in torch's OpenMP threads; in the calling thread if torch has none."""
    openmp: ctypes.CDLL | None = None
    with suppress(OSError):
        openmp = ctypes.CDLL(WINDOWS_LIBRARY if sys.platform == "win32" else None)
    functions = (getattr(openmp, name, None) for name in ("GOMP_parallel", "__kmpc_fork_call"))
    library.use_threads(*(function and ctypes.cast(function, ctypes.c_void_p) for function in functions))
