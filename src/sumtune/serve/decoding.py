"""Decode a batch of jobs in a thread, and pause where the summarizer can."""

import asyncio
from collections.abc import Callable, Sequence

from sumtune.serve.jobs import Job
from sumtune.summarizer import Completion, PausableSummarizer, StreamingSummarizer

__all__ = ["Decoding", "can_pause"]


def can_pause(job: Job) -> bool:
    """Return whether short jobs get their turn while `job` is decoded, not only after it."""
    return job.is_long and isinstance(job.batch_key.summarizer, PausableSummarizer)


class Decoding:
    """A batch of jobs being decoded. Greedy search streams its pieces and stops when its job is cancelled."""

    def __init__(self, batch: Sequence[Job], loop: asyncio.AbstractEventLoop) -> None:
        """Prepare to decode `batch`; pieces are shown in `loop`."""
        self._batch, self._loop = batch, loop
        self._key, self._dialogues = batch[0].batch_key, [job.dialogue for job in batch]
        self._styles = [job.style for job in batch]
        summarizer = self._key.summarizer
        self._generation = (
            summarizer.begin(self._dialogues, self._watch, self._key.max_tokens, self._styles)
            if isinstance(summarizer, PausableSummarizer)
            else None
        )

    def advance(self, should_pause: Callable[[], bool]) -> list[Completion] | None:
        """Return the completions; None if the summarizer paused because `should_pause` returned True."""
        if self._generation is not None:
            return self._generation.advance(should_pause)
        key, summarizer = self._key, self._key.summarizer
        if key.beams == 1 and isinstance(summarizer, StreamingSummarizer):
            return summarizer.stream(self._dialogues, self._watch, key.max_tokens, self._styles)
        completions = summarizer.summarize(self._dialogues, max_tokens=key.max_tokens, styles=self._styles)
        for index, completion in enumerate(completions):
            self._watch(index, completion.text)
        return completions

    def _watch(self, index: int, piece: str) -> bool:
        """Send `piece` to the client; return True if nobody waits for it any more."""
        job = self._batch[index]
        if piece and job.on_piece and not job.cancelled:
            job.partly_sent = True
            self._loop.call_soon_threadsafe(job.on_piece, piece)
        return job.cancelled
