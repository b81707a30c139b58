"""Memory that is not needed, left to the system."""

import ctypes
import gc
import mmap
import os
import sys
from functools import cache
from typing import Any

__all__ = ["give_memory_back", "keep_few_primitives", "page_out", "release_pages"]

PAGE_OUT = 21
"""MADV_PAGEOUT of Linux 5.4 and later, which Python has no name for; older ones refuse it."""
KEPT_PRIMITIVES = 64
"""More than one micro-batch needs, whose layers are all alike."""


def keep_few_primitives() -> None:
    """Holds down what torch's products leave behind for each new shape; must come before the first product.

    Micro-batches are of ever new shapes. oneDNN and torch keep what they prepared for 1,024 of them each, some 12 MB
    for each optimizer step; and these lie all over the heap, which then never shrinks.
    """
    for name in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        os.environ.setdefault(name, str(KEPT_PRIMITIVES))


def give_memory_back() -> None:
    """Forgets what nothing refers to but itself, as models do, and lets glibc release what it keeps for later."""
    gc.collect()
    if (trim := getattr(_libc(), "malloc_trim", None)) is not None:
        trim(0)


def release_pages(address: int, size: int) -> None:
    """Lets Linux take back the whole pages among `size` bytes at `address`, which must not be read again.

    For a part of a mapped file, which otherwise stays in memory until all of it is let go; other memory becomes zero.
    """
    _advise(address, size, mmap.MADV_DONTNEED if sys.platform == "linux" else 0)


def page_out(address: int, size: int) -> None:
    """Lets Linux drop the whole pages among `size` bytes at `address` that it can read again from a mapped file.

    Their content stays; other memory is left as it is, or swapped.
    """
    _advise(address, size, PAGE_OUT)


def _advise(address: int, size: int, advice: int) -> None:
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE - start
    if length > 0 and (advise := getattr(_libc(), "madvise", None)) is not None:
        advise(ctypes.c_void_p(start), ctypes.c_size_t(length), advice)


@cache
def _libc() -> Any:
    """The C library of this process on Linux, else None."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
