"""Memory that is no longer needed, given back to the system."""

import ctypes
import gc
import mmap
import sys
from functools import cache
from typing import Any

__all__ = ["give_memory_back", "release_pages", "trim_heap"]


def give_memory_back() -> None:
    """Forgets what nothing refers to but itself, as models do, and trims the heap."""
    gc.collect()
    trim_heap()


def trim_heap() -> None:
    """Lets glibc release what it keeps for later; elsewhere nothing.

    Micro-batches of ever new sizes leave holes of ever new sizes: within 50 optimizer steps twice the need.
    """
    if (trim := getattr(_libc(), "malloc_trim", None)) is not None:
        trim(0)


def release_pages(address: int, size: int) -> None:
    """Lets Linux take back the whole pages among `size` bytes at `address`, which must not be read again.

    For a part of a mapped file, which otherwise stays in memory until all of it is let go; other memory becomes zero.
    """
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE - start
    if length > 0 and (advise := getattr(_libc(), "madvise", None)) is not None:
        advise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED)


@cache
def _libc() -> Any:
    """The C library of this process on Linux, else None."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
