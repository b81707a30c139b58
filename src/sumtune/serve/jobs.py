"""Jobs: dialogues, and parts of long dialogues, in the engine's queue."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from sumtune.errors import SumtuneError
from sumtune.summarizer import Completion, Summarizer

__all__ = ["LONG_TOKENS", "BatchKey", "DecodingFailedError", "Job", "QueueFullError", "TooSlowError"]

LONG_TOKENS = 2048
"""A dialogue of more tokens is a long job, like a part of a long dialogue."""


class QueueFullError(Exception):
    """The queue is full, or too long for the deadline of the request."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class TooSlowError(SumtuneError):
    """Long dialogues cannot be read before the deadline of their request."""

    def __init__(self, tokens: int, reading_s: float, deadline_s: float) -> None:
        super().__init__(
            f"Reading {tokens} tokens takes about {math.ceil(reading_s)} s at the present speed of this service, and "
            f"the deadline of the request is {deadline_s:.0f} s. Set a later deadline (deadline_s, up to the "
            "--deadline of the service), or send a shorter dialogue."
        )


class DecodingFailedError(Exception):
    """The engine failed on a batch. The log has the cause, without any dialogue text."""


@dataclass(frozen=True)
class BatchKey:
    """Decoding options. Dialogues with equal keys can share a batch."""

    summarizer: Summarizer
    beams: int
    max_tokens: int | None
    """Most tokens of a summary; None takes the limit of the adapter's prompt."""


@dataclass(eq=False)
class Job:
    """One dialogue, or one part of a long dialogue, in the engine."""

    dialogue: str
    tokens: int
    """Length of `dialogue` in tokens."""
    batch_key: BatchKey
    deadline: float
    """Event loop time in seconds."""
    future: asyncio.Future[Completion]
    style: str = ""
    """Style of the summary; "" for none."""
    is_part: bool = False
    """Whether `dialogue` is a part of a longer one."""
    on_piece: Callable[[str], None] | None = None
    """Called in the event loop with each piece of the summary."""
    cancelled: bool = field(default=False, init=False)
    """Whether nobody waits for the summary any more. Set in the event loop, read by decoding threads."""
    partly_sent: bool = field(default=False, init=False)
    """Whether the client has received a piece; then decoding cannot start again."""
    queued_s: float = field(default=0.0, init=False)
    """Seconds in the queue before the batch started."""
    submitted_at: float = field(default=0.0, init=False)
    """Event loop time in seconds."""

    @property
    def is_long(self) -> bool:
        """Whether the job never shares a batch with short jobs, which would wait for it."""
        return self.is_part or self.tokens > LONG_TOKENS
