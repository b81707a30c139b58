"""Processes that share the examples of each optimizer step (data parallelism), on one machine or several.

`torchrun` and `accelerate launch` start the processes and set the variables that `joined` reads.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed

from sumtune.errors import SumtuneError

__all__ = ["ALONE", "Group", "ProcessLostError", "joined"]

TIMEOUT = timedelta(days=7)
"""Long, because processes wait while the leader prepares data and measures. A process that dies is noticed at once."""

Item = TypeVar("Item")


class ProcessLostError(SumtuneError):
    """Another process of the group ended."""


@dataclass(frozen=True)
class Group:
    """The processes of a training. This class itself stands for a single process, for which every method is trivial."""

    rank: int = 0
    """Number of this process. 0 is the leader, which reads and writes the run folder."""
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the leader."""
        return self.rank == 0

    def share_of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items that this process computes; each item belongs to one process."""
        return items[self.rank :: self.size]

    def add(self, tensor: Tensor) -> None:
        """Replace `tensor` by its sum over all processes, which is the same in each, bit for bit."""

    def any(self, flag: bool) -> bool:
        """Return True if `flag` is True in any process."""
        if self.size == 1:
            return flag
        count = torch.tensor(int(flag))
        self.add(count)
        return bool(count)

    def from_leader(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the `files` of the leader, by name; those of other processes are ignored."""
        return dict(files)


ALONE = Group()


class _TorchGroup(Group):
    """A group of torch.distributed."""

    def add(self, tensor: Tensor) -> None:
        with _noticing_loss():
            distributed.all_reduce(tensor)

    def from_leader(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        from safetensors.torch import load, save

        packed = save({name: torch.frombuffer(bytearray(data), dtype=torch.uint8) for name, data in files.items()})
        size = torch.tensor(len(packed))
        with _noticing_loss():
            distributed.broadcast(size, 0)
            data = torch.frombuffer(bytearray(packed), dtype=torch.uint8) if self.leads else None
            data = torch.empty(int(size), dtype=torch.uint8) if data is None else data
            distributed.broadcast(data, 0)
        return {name: content.numpy().tobytes() for name, content in load(data.numpy().tobytes()).items()}


@contextmanager
def _noticing_loss() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # gloo and NCCL report a closed connection in different classes and words
        raise ProcessLostError(
            "Another process of this run ended. What was computed is saved: the same command continues with --resume, "
            "with any number of processes."
        ) from error


@contextmanager
def joined() -> Iterator[Group]:
    """Yield the group of processes that torchrun or accelerate started; without them, `ALONE`.

    Raises:
        SumtuneError: the processes cannot reach one another.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if size == 1:
        yield ALONE
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    try:
        distributed.init_process_group("gloo", timeout=TIMEOUT, rank=rank, world_size=size)
    except (RuntimeError, ValueError) as error:
        raise SumtuneError(f"The {size} processes cannot reach one another: {' '.join(str(error).split())}") from None
    try:
        yield _TorchGroup(rank, size)
    finally:
        distributed.destroy_process_group()
