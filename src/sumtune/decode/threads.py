"""Threads of torch: one team for the whole process, and as many as before CTranslate2 came."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

__all__ = ["in_torch_thread", "preserve_torch_threads"]

Result = TypeVar("Result")
NAME = "sumtune-torch"


def in_torch_thread(work: Callable[[], Result]) -> Result:
    """The result of `work`, done in the main thread where it is asked for there, else in one thread for all others.

    Each thread that computes has an OpenMP team of its own; where there are more teams than cores, none waits actively
    for its next task any more, and small products take twice the time.
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
    """Gives torch back its threads: making a CTranslate2 model sets OpenMP's count for the calling thread to its own.

    Without it, a training that follows runs on one core.
    """
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
