"""The interface of all summarizers: `decode` implements it, and evaluation, commands and service use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = [
    "AdjustableSummarizer",
    "Completion",
    "Generation",
    "OnPiece",
    "OnProgress",
    "ParallelSummarizer",
    "PausableSummarizer",
    "SamplingSettings",
    "SamplingSummarizer",
    "StreamingSummarizer",
    "Summarizer",
]

OnProgress = Callable[[float], None]
"""Callback that gets the number of dialogues finished since the last call; a part of a dialogue is a fraction."""

OnPiece = Callable[[int, str], bool]
"""Callback that gets the index of a dialogue and the next piece of its summary; returning True stops that summary.

It may be called from any thread. The pieces of one index, joined, are its summary. A call with an empty piece only asks
whether to stop.
"""


@dataclass(frozen=True)
class Completion:
    """A generated summary."""

    text: str
    tokens: int
    """Number of generated tokens, without the end mark."""
    cut_off: bool
    """True if generation reached the token limit before the model ended the summary."""
    read: str = "whole"
    """How the dialogue was read: `whole`, `parts (3)`, or `truncated`."""


class Summarizer(Protocol):
    """Anything that writes a summary for each dialogue: `decode.native`, `decode.ctranslate2`, `decode.torch`."""

    @property
    def engine(self) -> str:
        """Engine and number format, for example `native int8`."""
        ...

    @property
    def decoding(self) -> Mapping[str, Any]:
        """Settings that the summaries depend on.

        The keys are `engine`, `number_format`, `beams`, `length_penalty` (None for greedy search),
        `no_repeat_ngram_size` and `no_repeat_words` (0 allows all repeats), `max_tokens`, and settings that only this
        engine has.
        """
        ...

    @property
    def setup_s(self) -> float:
        """Seconds that it took to build this engine, even if the engine now comes from the cache; 0 if nothing is
        built. The forecast of an evaluation uses this number.
        """
        ...

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`.

        `max_tokens` can lower the limit of the prompt (`max_target_tokens`), but not raise it. `styles` has the style
        of each dialogue, "" for none; a model that was tuned without styles ignores it.
        """
        ...

    def batch_size(self, source_tokens: int) -> int:
        """Return how many dialogues of `source_tokens` are decoded at the same time; at least 1."""
        ...


@runtime_checkable
class StreamingSummarizer(Summarizer, Protocol):
    """A summarizer that shows greedy summaries while it writes them: `decode.native`, `decode.ctranslate2`."""

    def stream(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return what greedy `summarize` returns, and pass each summary to `watch` piece by piece."""
        ...


@runtime_checkable
class AdjustableSummarizer(Summarizer, Protocol):
    """A summarizer that can change the number of beams without loading its model again."""

    def with_beams(self, beams: int) -> Summarizer:
        """Return a summarizer with the same model and `beams` beams; 1 is greedy search."""
        ...


@runtime_checkable
class ParallelSummarizer(Summarizer, Protocol):
    """A summarizer with one copy of its model for each core. Other summarizers use all cores for one batch."""

    copies: int
    """Number of batches that different threads can decode at the same time."""


@dataclass(frozen=True)
class SamplingSettings:
    """How candidates are sampled: `count` for each dialogue, each from the `top_k` most probable next tokens."""

    count: int
    temperature: float
    """Logits are divided by it: below 1, probable tokens are drawn more often; towards 0, sampling becomes greedy."""
    top_k: int
    seed: int
    max_tokens: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.top_k < 1 or self.max_tokens < 1:
            raise ValueError("count, top_k and max_tokens must be at least 1")
        if not self.temperature > 0:
            raise ValueError(f"temperature must be above 0, but is {self.temperature!r}")


@runtime_checkable
class SamplingSummarizer(Summarizer, Protocol):
    """A summarizer that samples candidates: `decode.native`, `decode.ctranslate2`, `decode.torch`."""

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """Return candidates for each source (token ids of prompt and dialogue) as ids without the end mark.

        The candidates of a source depend only on `settings` and its ids, not on other sources. The `max_tokens` of
        `settings` cannot raise the limit of the prompt.
        """
        ...


class Generation(Protocol):
    """Summaries that are being generated."""

    def advance(self, should_pause: Callable[[], bool]) -> list[Completion] | None:
        """Continue until `should_pause` returns True, and return None; or until the end, and return the summaries.

        `should_pause` is called after each step, in the thread that computes. A step takes a fraction of a second.
        """
        ...


@runtime_checkable
class PausableSummarizer(Summarizer, Protocol):
    """A summarizer that serves other dialogues while it pauses: `decode.native`."""

    def begin(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> Generation:  # fmt: skip
        """Prepare to generate what `summarize` returns. `watch` gets each summary, in pieces if search is greedy."""
        ...

    def reading_bytes(self, tokens: int) -> int:
        """Return the memory that reading a dialogue of `tokens` takes and keeps until its summary is written."""
        ...
