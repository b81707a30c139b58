"""A thread that follows a run for one tracker. It reads the files of the run and never touches the training."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path

from sumtune.files.checksums import file_sum
from sumtune.track.log_tail import LogTail
from sumtune.track.metrics import metrics_of
from sumtune.track.references import References
from sumtune.track.tracker import Outcome, Point, TrackedRun, Tracker
from sumtune.train.event_log import Event

__all__ = ["Follower", "Results"]

SEND_EVERY_S = 5.0
RETRY_EVERY_S = 60.0
SHOWN_CHARACTERS = 200
STORED_DIGITS = 1e-6
"""Relative precision of a stored value: TensorBoard stores 32 bits."""


@dataclass(frozen=True)
class Results:
    """What a run leaves at its end."""

    outcome: Outcome
    figures: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files by the name under which a tracker stores them."""


class Follower:
    """Follows a run from `start` to `finish`.

    If the tracker fails, it warns once, and tries again after a minute and at the end of the run: the log holds
    everything that is missing.
    """

    def __init__(
        self, name: str, make: Callable[[], Tracker], run: TrackedRun, tails: Callable[[], list[LogTail]],
        references: References, warn: Callable[[str], None], forecast: Mapping[str, float],
    ) -> None:  # fmt: skip
        """`make` imports the tracker; `tails` opens the logs; `forecast` holds figures that are known beforehand."""
        self._name, self._make, self._run, self._tails = name, make, run, tails
        self._references, self._warn, self._forecast = references, warn, forecast
        self._ended, self._results, self._warned, self._given_up = threading.Event(), Results("failed"), False, False
        self._thread = threading.Thread(target=self._work, name=f"track {name}", daemon=True)

    def start(self) -> None:
        """Begin to follow the run."""
        self._thread.start()

    def end(self, results: Results) -> None:
        """Tell the thread to send the rest and end."""
        self._results = results
        self._ended.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until everything is sent, for at most `timeout_s`."""
        self._thread.join(max(0.0, timeout_s))
        if self._thread.is_alive():
            self._warn_once("it has not received everything in time")
            self._given_up = True

    def _work(self) -> None:
        while True:
            last = self._ended.is_set()
            try:
                self._follow()
                return
            except Exception as error:
                if self._given_up:
                    return
                self._warn_once(_first_line(error))
            if last:
                return
            self._ended.wait(RETRY_EVERY_S)

    def _follow(self) -> None:
        """Send everything, beginning with what the tracker lacks, until the run ends."""
        tracker, reference = self._make(), self._references.get(self._name)
        reference, there = tracker.begin(self._run, reference)
        known = dict(there)
        self._note(reference)
        self._add(tracker, _figures(self._forecast, known), known)
        tails, clock = self._tails(), _Clock()
        while True:
            ended = self._ended.is_set()
            for tail in tails:
                for events in tail.read():
                    self._add(tracker, [*_points(events, tail.stage, clock, known)], known)
            if ended:
                break
            self._ended.wait(SEND_EVERY_S)
        self._add(tracker, _figures(self._results.figures, known), known)
        if tracker.stores_files:
            self._add_files(tracker, reference)
        tracker.end(self._results.outcome)

    def _add(self, tracker: Tracker, points: list[Point], known: dict[str, Point]) -> None:
        if points:
            tracker.add(points)
            known |= {point.name: point for point in points}

    def _add_files(self, tracker: Tracker, reference: str) -> None:
        """Store the files, unless the same ones are there already."""
        sums = {name: file_sum(path) for name, path in self._results.files.items()}
        if sums == self._references.files(self._name):
            return
        for name, path in self._results.files.items():
            tracker.add_file(path, name)
        self._note(reference, sums)

    def _note(self, reference: str, files: Mapping[str, str] | None = None) -> None:
        if not self._given_up:
            self._references.set(self._name, reference, files)

    def _warn_once(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._warn(
                f"Warning: {self._name}: {reason}. The run continues; repeat the command to send what is missing."
            )


class _Clock:
    """Time of day of an event from its seconds of training, as if training had never paused."""

    def __init__(self) -> None:
        self._began: float | None = None

    def time_of(self, event: Event, newest: Event) -> float:
        """Return the time of `event`; `newest` is the newest event of the first group that is read."""
        if self._began is None:
            self._began = time.time() - float(newest.get("elapsed_s", 0.0))
        return self._began + float(event.get("elapsed_s", 0.0))


def _points(events: list[Event], stage: str, clock: _Clock, known: Mapping[str, Point]) -> Iterator[Point]:
    """Yield the metrics in `events` whose steps come after those of the newest known points."""
    last = {name: point.step for name, point in known.items()}
    above = f"{stage}/" if stage else ""
    for event in events:
        for metric, value in metrics_of(event).items():
            name, step = above + metric, event["step"]
            if step > last.get(name, -1):
                last[name] = step
                yield Point(name, step, value, clock.time_of(event, events[-1]))


def _figures(figures: Mapping[str, float], known: Mapping[str, Point]) -> list[Point]:
    """Return the figures that are not there yet; one that has changed is the next point of its metric."""
    found = []
    for name, value in figures.items():
        before = known.get(name)
        if before is None or not isclose(before.value, value, rel_tol=STORED_DIGITS):
            found.append(Point(name, 0 if before is None else before.step + 1, value, time.time()))
    return found


def _first_line(error: Exception) -> str:
    """Return the kind of `error` and the beginning of its message."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
