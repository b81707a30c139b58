"""New events in the logs of a run, while the training writes them."""

import os
from collections.abc import Iterator
from pathlib import Path

from sumtune.files.run_dir import RunDir
from sumtune.train.event_log import REPLACING, Event, parse_event
from sumtune.train.session import STAGES

__all__ = ["LogTail", "tails_of"]

READ_BYTES = 1 << 18
"""Longest piece of a log that is in memory at a time."""


class LogTail:
    """Reads what has been appended to a log since the last time.

    A resumed training removes the end of its log and writes it again; then the log is read from its start.
    """

    def __init__(self, path: Path, stage: str = "") -> None:
        """`stage` is the folder of a training of learning to rank."""
        self.stage = stage
        self._path, self._inode, self._offset = path, 0, 0

    def read(self) -> Iterator[list[Event]]:
        """Yield the new events in groups."""
        while lines := self._next_lines():
            yield [event for line in lines if (event := parse_event(line)) is not None]

    def _next_lines(self) -> list[str]:
        """Return the next whole lines; none if there is nothing new."""
        try:
            with REPLACING, self._path.open("rb") as log:
                state = os.fstat(log.fileno())
                if state.st_ino != self._inode or state.st_size < self._offset:
                    self._inode, self._offset = state.st_ino, 0
                log.seek(self._offset)
                piece = log.read(READ_BYTES)
        except FileNotFoundError:
            return []
        whole = piece[: piece.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").splitlines(keepends=True)


def tails_of(run_dir: RunDir) -> list[LogTail]:
    """Return the tails of all logs of a run: of its training, and of the stages of learning to rank."""
    return [LogTail(run_dir.at_stage(stage).train_metrics, stage) for stage in ("", *STAGES)]
