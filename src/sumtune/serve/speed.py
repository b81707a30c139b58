"""Estimate how long a request waits, from the time that earlier jobs took."""

import math
from collections.abc import Sequence

from sumtune.serve.jobs import Job

__all__ = ["Speed"]

SMOOTHING = 0.2
"""Weight of the newest batch in the moving averages."""


class Speed:
    """Moving averages of the seconds per job, of short and of long jobs."""

    def __init__(self, max_batch_dialogues: int) -> None:
        self._max_batch = max_batch_dialogues
        self._averages: dict[bool, float] = {}
        """Seconds per job, by `Job.is_long`. Empty until a batch has ended."""

    def update(self, is_long: bool, seconds: float) -> None:
        """Add the seconds per job of a batch."""
        known = self._averages.get(is_long, seconds)
        self._averages[is_long] = (1 - SMOOTHING) * known + SMOOTHING * seconds

    def seconds(self, jobs: Sequence[Job]) -> float:
        """Return the seconds that `jobs` will take."""
        return sum(self._averages.get(job.is_long, 0.0) for job in jobs)

    def wait_s(self, ahead: Sequence[Job], jobs: Sequence[Job]) -> float:
        """Return the seconds until `jobs` start.

        Long jobs wait for all jobs `ahead`. Each batch of short jobs waits for the short jobs ahead and one batch of
        long jobs.
        """
        if any(job.is_long for job in jobs):
            return self.seconds(ahead)
        short, long = [job for job in ahead if not job.is_long], [job for job in ahead if job.is_long]
        batches = math.ceil((len(short) + len(jobs)) / self._max_batch)
        return self.seconds(short) + self.seconds(long[:batches])
