"""Threads of torch: one team for the whole process, whose size CTranslate2 does not change."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

__all__ = ["cores", "in_torch_thread", "limit_threads", "preserve_torch_threads"]

Result = TypeVar("Result")
NAME = "sumtune-torch"
LIMIT = "OMP_NUM_THREADS"


def cores() -> int:
    """Return how many cores an engine may use: the limit in the environment, or all."""
    limit = os.environ.get(LIMIT, "").partition(",")[0].strip()
    return max(1, int(limit)) if limit.isdecimal() else os.cpu_count() or 1


def limit_threads(threads: int) -> None:
    """Let torch and all engines of this process use at most that many cores."""
    os.environ[LIMIT] = str(threads)
    torch.set_num_threads(threads)


def in_torch_thread(work: Callable[[], Result]) -> Result:
    """Run `work` and return its result. It runs in the main thread if called there, otherwise in one shared thread.

    Each computing thread has its own OpenMP team. With more teams than cores, no team waits actively for its next task,
    and small products take twice as long.
    """
    current = threading.current_thread()
    if current is threading.main_thread() or current.name.startswith(NAME):
        return work()
    return _torch_thread().submit(work).result()


@cache
def _torch_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix=NAME)


@contextmanager
def preserve_torch_threads() -> Iterator[None]:
    """Restore the number of torch threads afterwards: loading a CTranslate2 model changes it for the calling thread.

    Without this, later training runs on one core.
    """
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
