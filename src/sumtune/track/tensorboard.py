"""TensorBoard. Its event files are in the folder `tensorboard` of the run."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sumtune.track.tracker import Outcome, Point, TrackedRun

__all__ = ["FOLDER", "TensorBoardTracker"]

FOLDER = "tensorboard"


class TensorBoardTracker:
    """A folder of event files, read by `tensorboard --logdir`."""

    stores_files = False

    def __init__(self) -> None:
        """Import the writer."""
        from torch.utils.tensorboard import SummaryWriter

        self._make_writer: Any = SummaryWriter
        self._writer: Any = None

    def begin(self, run: TrackedRun, reference: str | None) -> tuple[str, Mapping[str, Point]]:
        """Continue the event files; those of another run that was in the folder are deleted."""
        folder = run.folder / FOLDER
        if reference is None and folder.exists():
            shutil.rmtree(folder)
        there = _newest_points(folder) if folder.exists() else {}
        self._writer = self._make_writer(str(folder))
        for title, values in {"settings": run.settings, "environment": run.environment}.items():
            self._writer.add_text(title, _table(values))
        self._writer.flush()
        return FOLDER, there

    def add(self, points: Sequence[Point]) -> None:
        """Write scalars."""
        for point in points:
            self._writer.add_scalar(point.name, point.value, point.step, point.time_s)
        self._writer.flush()

    def add_file(self, file: Path, name: str) -> None:
        """Do nothing: TensorBoard has no files."""

    def end(self, _outcome: Outcome) -> None:
        """Close the event file."""
        self._writer.close()


def _newest_points(folder: Path) -> dict[str, Point]:
    """Return the last scalar of each name in the event files of `folder`."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={SCALARS: 1_000_000})
    events.Reload()
    newest = {}
    for name in events.Tags()[SCALARS]:
        last = max(events.Scalars(name), key=lambda one: one.step)
        newest[name] = Point(name, last.step, last.value, last.wall_time)
    return newest


def _table(values: Mapping[str, str]) -> str:
    """Return `values` as a table in Markdown."""
    rows = (f"| {key} | {value.replace('|', chr(92) + '|')} |" for key, value in values.items())
    return "\n".join(["| name | value |", "|---|---|", *rows])
