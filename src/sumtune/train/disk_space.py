"""Room on the disk for checkpoints: asked for before a run, made during it, and missed in one clear message."""

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
    """Raises RunDirError where less than `size` bytes are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise RunDirError(
            f"The checkpoints need {_megabytes(size)}, and {folder} has {_megabytes(free)} free: "
            f"{_megabytes(size - free)} are missing. Make room, or give another --run-dir."
        )


def save_freeing_space(folder: Path, state: TrainState, save: Callable[[], object]) -> None:
    """Calls `save`; on a full disk deletes all checkpoints but the newest whole one and its best, and tries once more.

    Raises:
        RunDirError: that was not enough; the newest checkpoint is still there.
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
        rest = f"{kept.name} is kept; the same command continues from it" if kept else "No checkpoint is there yet"
        raise RunDirError(
            f"The disk of {folder} is full at step {state.step}: {_megabytes(shutil.disk_usage(folder).free)} free are "
            f"not enough for a checkpoint. {rest} when there is room."
        ) from error


def _is_full(error: Exception) -> bool:
    """True for ENOSPC and EDQUOT, which safetensors only has in its message."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "os error 28" in str(error) or "os error 122" in str(error)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
