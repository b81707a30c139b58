"""The seam between everything that wants summaries and everything that can write them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = [
    "AdjustableSummarizer",
    "Completion",
    "OnPiece",
    "OnProgress",
    "ParallelSummarizer",
    "StreamingSummarizer",
    "Summarizer",
]

OnProgress = Callable[[int], None]
"""Called with the number of dialogues that were finished since the last call."""

OnPiece = Callable[[int, str], bool]
"""Called from any thread with the place of a dialogue and the next piece of its summary; True stops that summary.

The pieces of one place, put together, are its summary. A piece may be empty: then it only asks whether to stop.
"""


@dataclass(frozen=True)
class Completion:
    """One generated summary: its text, its length, and whether it was cut off at the limit."""

    text: str
    tokens: int
    """Generated tokens without the end mark."""
    cut_off: bool
    """True where generation reached its token limit before the model ended the summary."""


class Summarizer(Protocol):
    """Writes one summary for each dialogue. Implementations: `decode.native`, `decode.ctranslate2`, `decode.torch`."""

    @property
    def engine(self) -> str:
        """Engine and number format, for example `native int8`."""
        ...

    @property
    def decoding(self) -> Mapping[str, Any]:
        """All that decides what is written: `engine`, `number_format`, `beams`, `length_penalty` (None for greedy
        search), `max_tokens`, and what only this engine has.
        """
        ...

    @property
    def setup_s(self) -> float:
        """Seconds that making this engine from a model took when it was made; zero where nothing is made."""
        ...

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None
    ) -> list[Completion]:
        """One completion for each dialogue, in the order of `dialogues`.

        `max_tokens` limits a summary further than the prompt's `max_target_tokens`.
        """
        ...


@runtime_checkable
class StreamingSummarizer(Summarizer, Protocol):
    """A summarizer that shows greedy summaries while they are written. Implementation: `decode.ctranslate2`."""

    def stream(self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None) -> list[Completion]:
        """What greedy `summarize` gives, `watch` having seen it piece by piece; a stopped summary ends where it was."""
        ...


@runtime_checkable
class AdjustableSummarizer(Summarizer, Protocol):
    """A summarizer whose search can be chosen without loading its model again."""

    def with_beams(self, beams: int) -> Summarizer:
        """The same model searching with `beams`; 1 is greedy."""
        ...


@runtime_checkable
class ParallelSummarizer(Summarizer, Protocol):
    """A summarizer with a copy of its model for each core; others use all cores for one batch."""

    copies: int
    """Batches that are decoded at the same time when different threads ask."""
