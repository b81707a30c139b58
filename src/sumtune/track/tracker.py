"""What a tracker does, and what it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

__all__ = ["Outcome", "Point", "TrackedRun", "Tracker"]

Outcome = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True)
class Point:
    """A value of a metric at an optimizer step."""

    name: str
    """Such as `train/loss`."""
    step: int
    value: float
    """Finite."""
    time_s: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class TrackedRun:
    """A run as trackers see it when it begins or continues."""

    folder: Path
    settings: Mapping[str, str]
    """By dotted key."""
    environment: Mapping[str, str]
    """Versions of packages, and the machine."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.resolve().name


class Tracker(Protocol):
    """A place for the figures of a run. One thread makes all calls, and each of them may raise any exception."""

    stores_files: bool
    """Whether `add_file` stores anything."""

    def begin(self, run: TrackedRun, reference: str | None) -> tuple[str, Mapping[str, Point]]:
        """Continue the run whose reference is `reference`; begin a new run if it is None.

        `reference` is what an earlier `begin` returned. Return the reference of the run and, by
        name, the newest point of each metric that is already there.
        """
        ...

    def add(self, points: Sequence[Point]) -> None:
        """Store points whose steps come after those already there."""
        ...

    def add_file(self, file: Path, name: str) -> None:
        """Store a file under `name`, which may contain folders."""
        ...

    def end(self, outcome: Outcome) -> None:
        """Store everything, and mark the run as ended. No call follows."""
        ...
