"""Trackio. Its database is on this machine, unless TRACKIO_SPACE_ID or TRACKIO_SERVER_URL is set."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sumtune.track.tracker import Outcome, Point, TrackedRun

__all__ = ["TrackioTracker"]

PROJECT = "sumtune"


class TrackioTracker:
    """A run of the Trackio project `sumtune`."""

    stores_files = True

    def __init__(self) -> None:
        """Import Trackio, and let it print nothing between the lines of a run."""
        import trackio
        from trackio import run, utils

        for module in (trackio, run, utils):
            vars(module)["print"] = _print_nothing
        self._trackio: Any = trackio
        self._run: Any = None

    def begin(self, run: TrackedRun, reference: str | None) -> tuple[str, Mapping[str, Point]]:
        """Continue the Trackio run `reference`, or begin one; its name is that of the folder, and is not used twice."""
        name = reference or self._free_name(run.name)
        there = {} if reference is None else self._newest_points(reference)
        self._run = self._trackio.init(
            PROJECT, name=name, resume="allow", embed=False, auto_log_gpu=False, auto_log_cpu=False,
            config={**run.settings, **run.environment},
        )  # fmt: skip
        return name, there

    def add(self, points: Sequence[Point]) -> None:
        """Log the metrics of each step together."""
        for step, some in groupby(sorted(points, key=lambda one: one.step), key=lambda one: one.step):
            self._run.log({one.name: one.value for one in some}, step=step)

    def add_file(self, file: Path, name: str) -> None:
        """Log an artefact, whose name has no folders."""
        self._run.log_artifact(str(file), name=re.sub(r"[^\w.-]", "-", f"{self._run.name}-{name}"), type="file")

    def end(self, _outcome: Outcome) -> None:
        """Send everything."""
        self._run.finish()

    def _free_name(self, wanted: str) -> str:
        taken = set(self._trackio.SQLiteStorage.get_runs(PROJECT))
        return next(name for name in (wanted, *(f"{wanted}-{number}" for number in range(2, 10**6)))
                    if name not in taken)  # fmt: skip

    def _newest_points(self, name: str) -> dict[str, Point]:
        """Return the last value of each metric of a run in the database of this machine."""
        newest: dict[str, Point] = {}
        for row in sorted(self._trackio.SQLiteStorage.get_logs(PROJECT, name), key=lambda row: int(row["step"])):
            time_s = datetime.fromisoformat(row["timestamp"]).timestamp()
            numbers = {key: value for key, value in row.items() if isinstance(value, int | float) and key != "step"}
            newest |= {key: Point(key, int(row["step"]), float(value), time_s) for key, value in numbers.items()}
        return newest


def _print_nothing(*_values: object, **_options: object) -> None:
    pass
