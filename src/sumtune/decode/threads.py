"""Threads of torch, which CTranslate2 changes behind its back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["keeping_torch_threads"]


@contextmanager
def keeping_torch_threads() -> Iterator[None]:
    """Gives torch back its threads: making a CTranslate2 model sets OpenMP's count for the calling thread to its own.

    Without it, a training that follows runs on one core.
    """
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
