"""One dialogue on its way through the engine."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sumtune.summarizer import Completion, Summarizer

__all__ = ["BatchKey", "DecodingFailedError", "Job", "QueueFullError"]


class QueueFullError(Exception):
    """The queue is full, or too long for the deadline; `retry_after_s` is when to ask again, in whole seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class DecodingFailedError(Exception):
    """The engine broke on a batch; the cause is in the log, without its text."""


@dataclass(frozen=True)
class BatchKey:
    """How a dialogue is summarized. Dialogues with equal ways can share a batch."""

    summarizer: Summarizer
    beams: int
    max_tokens: int | None
    """None is the limit of the adapter's prompt."""


def _ignore(_piece: str) -> None:
    pass


@dataclass(eq=False)
class Job:
    """A dialogue that waits for its summary."""

    dialogue: str
    tokens: int
    """Of the dialogue: what the size of a batch is reckoned by."""
    batch_key: BatchKey
    deadline: float
    """By the clock of the event loop, in seconds."""
    future: asyncio.Future[Completion]
    on_piece: Callable[[str], None] = _ignore
    """Called in the event loop with each piece of the summary."""
    stopped: bool = field(default=False, init=False)
    """Nobody waits for it any more. Set in the event loop, read by decoding threads."""
    shown: bool = field(default=False, init=False)
    """A piece of its summary was given away: it cannot be begun anew."""
    queued_s: float = field(default=0.0, init=False)
    """Seconds it waited before its batch began."""
    arrived: float = field(default=0.0, init=False)
