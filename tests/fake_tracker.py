"""A tracker that remembers what it gets, and fails where a test wants it to."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sumtune.track.tracker import Outcome, Point, TrackedRun

METHODS = ("make", "begin", "add", "add_file", "end")


class Store:
    """What a tracker has stored. It survives the tracker, as a server does."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.runs: dict[str, TrackedRun] = {}
        self.files: dict[str, bytes] = {}
        self.outcomes: list[Outcome] = []
        self.failing: set[str] = set()
        self.hanging = threading.Event()
        self.hanging.set()

    def make(self) -> "FakeTracker":
        self.meet("make")
        return FakeTracker(self)

    def meet(self, method: str) -> None:
        """Fail or hang if the test wants it."""
        self.hanging.wait()
        if method in self.failing:
            raise OSError(28, f"No space left on device\nin {method}")

    def steps(self, name: str) -> list[int]:
        return [point.step for point in self.points if point.name == name]

    def values(self, name: str) -> list[float]:
        return [point.value for point in self.points if point.name == name]


class FakeTracker:
    """A tracker that keeps everything in a `Store`."""

    stores_files = True

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, run: TrackedRun, reference: str | None) -> tuple[str, Mapping[str, Point]]:
        self._store.meet("begin")
        reference = reference or f"run {len(self._store.runs) + 1}"
        self._store.runs[reference] = run
        newest = sorted(self._store.points, key=lambda point: point.step)
        return reference, {point.name: point for point in newest}

    def add(self, points: Sequence[Point]) -> None:
        self._store.meet("add")
        self._store.points += points

    def add_file(self, file: Path, name: str) -> None:
        self._store.meet("add_file")
        self._store.files[name] = file.read_bytes()

    def end(self, outcome: Outcome) -> None:
        self._store.meet("end")
        self._store.outcomes.append(outcome)
