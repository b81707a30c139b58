"""Route dialogues to one of two summarizers by length."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from sumtune.summarizer import (
    AdjustableSummarizer,
    Completion,
    OnPiece,
    OnProgress,
    SamplingSettings,
    SamplingSummarizer,
    StreamingSummarizer,
    Summarizer,
)

__all__ = ["RoutedSummarizer"]


class RoutedSummarizer:
    """Sends short dialogues to one summarizer and long ones to another, which is built on first use.

    CTranslate2 needs it: it computes sliding-window attention wrongly for prompts that are longer than the window.
    """

    def __init__(self, short: Summarizer, make_long: Callable[[], Summarizer], is_long: Callable[[str], bool]) -> None:
        self.engine = f"{short.engine}; torch for dialogues longer than the attention window"
        self.setup_s = short.setup_s
        self._short = short
        self._make_long = make_long
        self._is_long = is_long

    @property
    def decoding(self) -> dict[str, Any]:
        """Settings of the short summarizer; once the long one was used, also its settings, as `over_window`."""
        long = {"over_window": dict(self._long.decoding)} if "_long" in vars(self) else {}
        return dict(self._short.decoding) | long

    def with_beams(self, beams: int) -> "RoutedSummarizer":
        """Return a summarizer with the same two models and `beams` beams."""
        return RoutedSummarizer(_with_beams(self._short, beams), lambda: _with_beams(self._long, beams), self._is_long)

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`. Most dialogues are short."""
        return self._short.batch_size(source_tokens)

    @cached_property
    def _long(self) -> Summarizer:
        return self._make_long()

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`."""

        def write(summarizer: Summarizer, chosen: list[int]) -> list[Completion]:
            texts = [dialogues[at] for at in chosen]
            return summarizer.summarize(texts, progress, max_tokens, _chosen(styles, chosen))

        return self._route(dialogues, write)

    def stream(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return what greedy `summarize` returns; `watch` may get the summary of a long dialogue as one piece."""

        def write(summarizer: Summarizer, chosen: list[int]) -> list[Completion]:
            texts, those = [dialogues[at] for at in chosen], _chosen(styles, chosen)
            if isinstance(summarizer, StreamingSummarizer):
                return summarizer.stream(texts, lambda place, piece: watch(chosen[place], piece), max_tokens, those)
            written = _with_beams(summarizer, 1).summarize(texts, max_tokens=max_tokens, styles=those)
            for at, completion in zip(chosen, written, strict=True):
                watch(at, completion.text)
            return written

        return self._route(dialogues, write)

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """See `SamplingSummarizer`. Only the short summarizer samples: CTranslate2 leaves all sampling to torch."""
        assert isinstance(self._short, SamplingSummarizer)
        return self._short.sample(sources, settings)

    def _route(
        self, dialogues: Sequence[str], write: Callable[[Summarizer, list[int]], list[Completion]]
    ) -> list[Completion]:
        places: dict[bool, list[int]] = {False: [], True: []}
        for at, dialogue in enumerate(dialogues):
            places[self._is_long(dialogue)].append(at)
        completions: dict[int, Completion] = {}
        for is_long, chosen in places.items():
            if chosen:
                written = write(self._long if is_long else self._short, chosen)
                completions |= dict(zip(chosen, written, strict=True))
        return [completions[at] for at in range(len(dialogues))]


def _chosen(styles: Sequence[str] | None, places: Sequence[int]) -> list[str] | None:
    return None if styles is None else [styles[at] for at in places]


def _with_beams(summarizer: Summarizer, beams: int) -> Summarizer:
    return summarizer.with_beams(beams) if isinstance(summarizer, AdjustableSummarizer) else summarizer
