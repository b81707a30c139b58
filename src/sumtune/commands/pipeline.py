"""`sumtune run` and `train`: the stages in order. They share nothing but the files of the run folder.

ingest → validate → split → encode → train → evaluate → diagnose
"""

from rich.console import Console

from sumtune.commands.diagnose import show_diagnosis
from sumtune.commands.evaluate import score_adapter
from sumtune.commands.train import train_adapter
from sumtune.config import Config
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory

__all__ = ["run", "train"]


def run(config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False) -> None:
    """Run every stage from data to diagnosis; skip those whose result is up to date.

    Raises:
        RunDirError: the folder holds a run with other settings or data, and `overwrite` is False.
        StoppedError: the user stopped the training; the same command continues it.
    """
    with locked(run_dir.root):
        train_adapter(config, run_dir, console, resume, overwrite, evaluates=True)
        free_memory()
        score_adapter(config, run_dir, console)
        show_diagnosis(run_dir, console)


def train(config: Config, run_dir: RunDir, console: Console, *, resume: bool = False, overwrite: bool = False) -> None:
    """Run every stage up to the tuned adapter; raises what `run` raises."""
    with locked(run_dir.root):
        train_adapter(config, run_dir, console, resume, overwrite, evaluates=False)
