"""Disk space for checkpoints: checked before a run, and freed when the disk is full during a run."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from sumtune.errors import RunDirError
from sumtune.train import checkpoint
from sumtune.train.checkpoint import TrainState

__all__ = ["require_free_space", "save_freeing_space"]


def require_free_space(folder: Path, size: int) -> None:
    """Raise RunDirError if the disk of `folder` has less than `size` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise RunDirError(
            f"The checkpoints need {_megabytes(size)}, but {folder} has only {_megabytes(free)} free. "
            f"Free another {_megabytes(size - free)}, or choose another --run-dir."
        )


def save_freeing_space(folder: Path, state: TrainState, save: Callable[[], object]) -> None:
    """Call `save`. If the disk is full, delete old checkpoints and call it once more.

    The newest intact checkpoint and the best one always stay.

    Raises:
        RunDirError: the disk is still full.
    """
    try:
        save()
        return
    except (OSError, SafetensorError) as error:
        if not _is_full(error):
            raise
    if (kept := checkpoint.latest_intact(folder)[0]) is not None:
        checkpoint.prune(folder, 1, checkpoint.load_state(kept))
    try:
        save()
    except (OSError, SafetensorError) as error:
        if not _is_full(error):
            raise
        remedy = (f"Free some space, then repeat the command to continue from {kept.name}." if kept
                  else "There is no checkpoint yet: free some space, then start again.")  # fmt: skip
        raise RunDirError(
            f"The disk of {folder} is full at step {state.step}: {_megabytes(shutil.disk_usage(folder).free)} free is "
            f"not enough for a checkpoint. {remedy}"
        ) from error


def _is_full(error: Exception) -> bool:
    """Return True for ENOSPC and EDQUOT. safetensors reports these numbers only in its message."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "os error 28" in str(error) or "os error 122" in str(error)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
