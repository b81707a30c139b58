"""`sumtune clean`: delete old checkpoints."""

from pathlib import Path

from sumtune.errors import RunDirError
from sumtune.files.cache import delete_entry
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.train.checkpoint import delete, latest_intact, list_checkpoints, load_state
from sumtune.train.session import STAGES

__all__ = ["clean_run"]

ENGINES = ("checkpoint-*.native-*", "checkpoint-*.ctranslate2-*", ".checkpoint-*.lock")
"""Engines of checkpoints, and their locks; they are rebuilt when needed."""


def clean_run(run_dir: RunDir, everything: bool = False) -> str:
    """Delete all checkpoints except the newest intact one and the best (with `everything`, these too); return a report.

    Raises:
        RunDirError: there is no such run folder, or a run is writing to it.
    """
    if not run_dir.root.is_dir():
        raise RunDirError(f"There is no run folder {str(run_dir.root)!r}.")
    with locked(run_dir.root):
        trainers = [run_dir.trainer, *(run_dir.at_stage(name).trainer for name in STAGES)]
        checkpoints = [path for trainer in trainers for path in list_checkpoints(trainer)]
        engines = sorted(path for pattern in ENGINES for path in run_dir.trainer.glob(pattern))
        if not checkpoints and not engines:
            return f"{run_dir.trainer} has no checkpoints."
        needed = set() if everything else set().union(*map(_to_resume, trainers))
        deleted = [path for path in checkpoints if path not in needed]
        freed = sum(_size(path) for path in (*deleted, *engines))
        delete(deleted)
        for engine in engines:
            delete_entry(engine)
    return f"Deleted {len(deleted)} of {len(checkpoints)} checkpoints ({freed / 1e6:.0f} MB)."


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _to_resume(trainer: Path) -> set[Path]:
    """Return the checkpoint to resume from and the best one."""
    whole, _ = latest_intact(trainer)
    return set() if whole is None else {whole, trainer / f"checkpoint-{load_state(whole).best_step}"}
