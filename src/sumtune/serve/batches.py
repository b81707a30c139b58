"""Choose the jobs of the next batch. Batches of short and of long jobs take turns."""

import math
from collections.abc import Sequence

from sumtune.serve.jobs import Job
from sumtune.serve.settings import ServeSettings
from sumtune.summarizer import ParallelSummarizer

__all__ = ["choose_batch", "is_exclusive"]


def is_exclusive(job: Job) -> bool:
    """Return whether the summarizer uses all cores for one batch, so that a second batch would only slow it down."""
    return not isinstance(job.batch_key.summarizer, ParallelSummarizer)


def choose_batch(
    waiting: Sequence[Job], settings: ServeSettings, *, idle: int, exclusive_running: bool, after_long: bool
) -> list[Job]:
    """Return the oldest job that can start, and the jobs that can share its batch.

    After a batch of long jobs (`after_long`), short jobs go first. If the summarizer decodes several batches at once,
    the `idle` workers share the waiting jobs.
    """
    startable = [job for job in waiting if not (exclusive_running and is_exclusive(job))]
    first = next((job for job in startable if not (after_long and job.is_long)), next(iter(startable), None))
    if first is None:
        return []
    max_size = settings.max_batch_dialogues
    if not is_exclusive(first):
        max_size = min(max_size, math.ceil(len(waiting) / idle))
    max_tokens = settings.max_long_batch_tokens if first.is_long else settings.max_batch_tokens
    batch, tokens = [first], first.tokens
    for job in waiting:
        alike = job.batch_key == first.batch_key and job.is_long == first.is_long and job is not first
        if alike and len(batch) < max_size and tokens + job.tokens <= max_tokens:
            batch.append(job)
            tokens += job.tokens
    return batch
