"""Memory of this process: available and used, and functions that return unused memory to the system."""

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
    "collect_rarely",
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
"""Size of the pages of a mapped file that were written to, and so differ from the file."""
LEAST_UNMAPPED_BYTES = 1 << 20
"""Less is not worth the time that it takes to find the mapped files."""
NEW_OBJECTS = 50_000
"""New objects after which Python looks for reference cycles."""
CACHED_PRIMITIVES = 64
"""Size of each cache. A micro-batch needs fewer, because its layers have the same shapes."""


def limit_primitive_cache() -> None:
    """Limit how many prepared matrix products torch and oneDNN cache; call this before the first product.

    Nearly every micro-batch has a new shape. By default both libraries cache 1,024 shapes, about 12 MB for each
    optimizer step, scattered over the heap, which then never shrinks.
    """
    for name in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        os.environ.setdefault(name, str(CACHED_PRIMITIVES))


def collect_rarely() -> None:
    """Make Python look for reference cycles less often; call this before heavy imports.

    By default, Python looks after every 700 new objects. Importing PyTorch, transformers and PEFT creates a million
    objects, none of them garbage; with fewer searches it takes six seconds instead of seven. `free_memory` always
    looks, and frees models.
    """
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def free_memory() -> None:
    """Collect reference cycles, such as models, and return free heap memory to the system."""
    gc.collect()
    trim_heap()


def trim_heap() -> None:
    """Make glibc return free heap memory to the system; takes a few hundredths of a second."""
    if (trim := getattr(_libc(), "malloc_trim", None)) is not None:
        trim(0)


def release_pages(address: int, size: int) -> None:
    """Let Linux drop the whole pages within `size` bytes at `address`, which must not be read again.

    This frees a part of a mapped file, which otherwise stays in memory until the whole mapping is closed. Memory that
    maps no file becomes zero.
    """
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE - start
    if length > 0 and (advise := getattr(_libc(), "madvise", None)) is not None:
        advise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED)


def unmap_pages(parts: Sequence[tuple[int, int]]) -> None:
    """Drop the pages of `parts` (address, bytes) that Linux can read again from an unchanged file.

    Their content does not change. Other memory stays, and so do `parts` of less than 1 MB in all.
    """
    if sum(size for _, size in parts) < LEAST_UNMAPPED_BYTES:
        return
    unchanged = _unchanged_files()
    for address, size in parts:
        if any(start <= address and address + size <= end for start, end in unchanged):
            release_pages(address, size)


def _unchanged_files() -> list[tuple[int, int]]:
    """Return the mapped files that this process has not written to, as (start, end)."""
    found: list[tuple[int, int]] = []
    if sys.platform == "linux":
        text = Path("/proc/self/smaps").read_text(encoding="utf-8")
        for start, end, inode, rest in MAPPING.findall(text):
            if inode != "0" and int(ANONYMOUS.findall(rest)[0]) == 0:
                found.append((int(start, 16), int(end, 16)))
    return found


def available_bytes() -> int:
    """Return how many more bytes this process can use: free memory within the limits of its container."""
    import psutil  # not at the top: `sumtune --help` imports this module

    free = int(psutil.virtual_memory().available)
    limit = cgroup.headroom_bytes()
    return free if limit is None else min(free, limit)


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def reset_peak() -> None:
    """Reset `peak_bytes`; does nothing on systems other than Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """Return the highest resident memory of this process; on Linux since `reset_peak`."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@cache
def _libc() -> Any:
    """Return the C library of this process on Linux; None on other systems."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
