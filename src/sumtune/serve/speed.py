"""Estimate how long jobs take, and how long a request waits, from the time that earlier jobs took."""

import math
from collections.abc import Sequence

from sumtune.serve.decoding import can_pause
from sumtune.serve.jobs import Job

__all__ = ["Speed"]

SMOOTHING = 0.2
"""Weight of the newest batch in the moving averages."""
VALID_S = 600.0
"""Seconds after which a measured reading speed no longer refuses a request: the machine may be faster now."""


class Speed:
    """Moving averages of the seconds per short job, and of the seconds per token of long jobs."""

    def __init__(self, max_batch_dialogues: int) -> None:
        self._max_batch = max_batch_dialogues
        self._per_job: float | None = None
        self._per_token: float | None = None
        self._read_at = -math.inf
        """When the newest batch of long jobs ended, in seconds of the event loop."""

    def update(self, batch: Sequence[Job], seconds: float, now: float) -> None:
        """Add the `seconds` that `batch` took until `now`."""
        if batch[0].is_long:
            self._per_token = _average(self._per_token, seconds / sum(max(1, job.tokens) for job in batch))
            self._read_at = now
        else:
            self._per_job = _average(self._per_job, seconds / len(batch))

    def seconds(self, jobs: Sequence[Job]) -> float:
        """Return the seconds that `jobs` will take; jobs of unknown speed take none."""
        per_token, per_job = self._per_token or 0.0, self._per_job or 0.0
        return sum(per_token * job.tokens if job.is_long else per_job for job in jobs)

    def reading_s(self, jobs: Sequence[Job], now: float) -> float:
        """Return the seconds that the long jobs in `jobs` take; 0 unless their speed was measured recently."""
        if now > self._read_at + VALID_S:
            return 0.0
        return self.seconds([job for job in jobs if job.is_long])

    def wait_s(self, ahead: Sequence[Job], jobs: Sequence[Job]) -> float:
        """Return the seconds until `jobs` start.

        Long jobs wait for all jobs `ahead`. Short jobs wait for the short jobs ahead and, before each batch of short
        jobs, for one batch of long jobs that cannot pause.
        """
        if any(job.is_long for job in jobs):
            return self.seconds(ahead)
        short = [job for job in ahead if not job.is_long]
        blocking = [job for job in ahead if job.is_long and not can_pause(job)]
        batches = math.ceil((len(short) + len(jobs)) / self._max_batch)
        return self.seconds(short) + self.seconds(blocking[:batches])


def _average(known: float | None, new: float) -> float:
    return new if known is None else (1 - SMOOTHING) * known + SMOOTHING * new
