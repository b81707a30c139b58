"""Memory that is not needed, left to the system."""

import ctypes
import gc
import mmap
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from sumtune import cgroup

__all__ = [
    "available_bytes",
    "free_memory",
    "limit_primitive_cache",
    "peak_bytes",
    "release_pages",
    "reset_peak",
    "resident_bytes",
    "trim_heap",
    "unmap_pages",
]

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+) .*\n((?:[A-Z].*\n)+)", re.MULTILINE)
ANONYMOUS = re.compile(r"^Anonymous: +(\d+) kB$", re.MULTILINE)
"""Of a mapped file: what was written to and so is no longer the file's."""
CACHED_PRIMITIVES = 64
"""More than one micro-batch needs, whose layers are all alike."""


def limit_primitive_cache() -> None:
    """Holds down what torch's products leave behind for each new shape; must come before the first product.

    Micro-batches are of ever new shapes. oneDNN and torch keep what they prepared for 1,024 of them each, some 12 MB
    for each optimizer step; and these lie all over the heap, which then never shrinks.
    """
    for name in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        os.environ.setdefault(name, str(CACHED_PRIMITIVES))


def free_memory() -> None:
    """Forgets what nothing refers to but itself, as models do, and lets glibc release what it keeps for later."""
    gc.collect()
    trim_heap()


def trim_heap() -> None:
    """Lets glibc release what it keeps for later; takes some hundredths of a second."""
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


def unmap_pages(parts: Sequence[tuple[int, int]]) -> None:
    """Takes the pages of `parts` (address, bytes) out of memory where Linux can map them again from an unchanged file.

    Their content stays what it is; other memory is left alone.
    """
    unchanged = _unchanged_files()
    for address, size in parts:
        if any(start <= address and address + size <= end for start, end in unchanged):
            release_pages(address, size)


def _unchanged_files() -> list[tuple[int, int]]:
    """The mappings of files in which this process has written nothing, as (start, end)."""
    found: list[tuple[int, int]] = []
    if sys.platform == "linux":
        text = Path("/proc/self/smaps").read_text(encoding="utf-8")
        for start, end, inode, rest in MAPPING.findall(text):
            if inode != "0" and int(ANONYMOUS.findall(rest)[0]) == 0:
                found.append((int(start, 16), int(end, 16)))
    return found


def available_bytes() -> int:
    """Memory that this process may still take: what is free, within the limits of its container."""
    import psutil  # what is imported here, every start imports

    free = int(psutil.virtual_memory().available)
    limit = cgroup.headroom_bytes()
    return free if limit is None else min(free, limit)


def resident_bytes() -> int:
    """Memory of this process now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def reset_peak() -> None:
    """Lets `peak_bytes` begin anew, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """Highest resident memory of this process, on Linux since `reset_peak`."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@cache
def _libc() -> Any:
    """The C library of this process on Linux, else None."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
