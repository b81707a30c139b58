"""Every run below a folder, newest first, with what its files say."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sumtune.errors import ConfigError, RunDirError
from sumtune.files.locking import is_locked
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST

__all__ = ["ListedRun", "State", "find_runs"]

State = Literal["running", "finished", "trained", "stopped", "failed", "damaged"]
"""`trained` is not scored; `stopped` was interrupted or killed, and continues with the same command."""


@dataclass(frozen=True)
class ListedRun:
    """One run folder. A field is None if the folder does not contain it."""

    run: str
    """Path of the folder as a command takes it."""
    state: State
    data: str | None = None
    model: str | None = None
    preset: str | None = None
    split: str | None = None
    n: int | None = None
    """Scored examples."""
    rouge1: float | None = None
    rouge1_low: float | None = None
    rouge1_high: float | None = None
    minutes: float | None = None
    """Time of training and evaluation."""
    failure: str | None = None
    """Why it failed."""


def find_runs(folder: Path) -> list[ListedRun]:
    """Return the runs in `folder` and below it, newest first. Writes nothing.

    Raises:
        ConfigError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {str(folder)!r}.")
    return [_listed(run_dir) for run_dir in sorted(_run_dirs(folder), key=_changed_at, reverse=True)]


def _run_dirs(folder: Path) -> Iterator[RunDir]:
    """Yield every folder that has a `run.json`, without looking for runs inside runs or in hidden folders."""
    for parent, folders, files in os.walk(folder):
        if "run.json" in files:
            folders.clear()
            yield RunDir(Path(parent))
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _changed_at(run_dir: RunDir) -> float:
    """Return when a stage last wrote: the newest of the files that every stage updates."""
    files = (run_dir.run_json, run_dir.train_metrics)
    return max(file.stat().st_mtime for file in files if file.is_file())


def _listed(run_dir: RunDir) -> ListedRun:
    name = str(run_dir.root)
    try:
        record = run_dir.record()
    except RunDirError:
        return ListedRun(name, "damaged")
    config = record.get("config", {})
    scores = _scores(run_dir)
    rouge1 = scores.get("systems", {}).get("tuned", {}).get("rouge1", {})
    seconds = [record[key] for key in ("training_s", "evaluation_s") if record.get(key) is not None]
    return ListedRun(
        run=name,
        state=_state(run_dir, record, bool(scores)),
        data=config.get("data", {}).get("path"),
        model=config.get("model", {}).get("name"),
        preset=config.get("preset"),
        split=scores.get("split"),
        n=scores.get("n"),
        rouge1=rouge1.get("mean"),
        rouge1_low=rouge1.get("low"),
        rouge1_high=rouge1.get("high"),
        minutes=round(sum(seconds) / 60, 2) if seconds else None,
        failure=record.get("failure"),
    )


def _scores(run_dir: RunDir) -> Mapping[str, Any]:
    """Return the content of `scores.json`; empty if it is missing, damaged, or of a newer version."""
    try:
        return find_record(run_dir.evaluation / "scores.json") or {}
    except RunDirError:
        return {}


def _state(run_dir: RunDir, record: Mapping[str, Any], scored: bool) -> State:
    if is_locked(run_dir.root):
        return "running"
    if record.get("failure"):
        return "failed"
    if scored:
        return "finished"
    return "trained" if (run_dir.trainer / MANIFEST).is_file() else "stopped"
