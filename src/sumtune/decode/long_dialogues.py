"""Summarize dialogues that are too long for the model: in parts, or only their beginning."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sumtune.summarizer import Completion, OnProgress, Summarizer
from sumtune.text.parts import CountTokens, split

__all__ = ["LongDialogueSummarizer", "join_parts", "next_parts", "read_in_parts"]


def join_parts(completions: Sequence[Completion]) -> str:
    """Join the summaries of a dialogue's parts into the text to summarize next."""
    return "\n".join(completion.text for completion in completions if completion.text)


def next_parts(joined: str, parts_before: int, count: CountTokens, max_tokens: int) -> list[str]:
    """Return the texts to summarize next, given the joined summaries of `parts_before` parts.

    Splits `joined` again if it is too long, unless there would be no fewer parts than before.
    """
    parts = split(joined, count, max_tokens)
    return parts if len(parts) < parts_before else [joined]


def read_in_parts(parts: int) -> str:
    """Return `Completion.read` for a dialogue that was read in `parts` parts."""
    return f"parts ({parts})"


class LongDialogueSummarizer:
    """Summarizer of dialogues of any length. The field `read` of each completion says how the dialogue was read.

    With `parts`, a dialogue over `max_source_tokens` is summarized in parts. The joined summaries are summarized next,
    again in parts if they are too long. With `truncate`, the underlying summarizer reads only the beginning.
    """

    def __init__(
        self, summarizer: Summarizer, count_tokens: CountTokens, max_source_tokens: int,
        long: Literal["parts", "truncate"],
    ) -> None:  # fmt: skip
        self.engine = summarizer.engine
        self.setup_s = summarizer.setup_s
        self._summarizer = summarizer
        self._count_tokens, self._max_tokens, self._long = count_tokens, max_source_tokens, long

    @property
    def decoding(self) -> Mapping[str, Any]:
        """Settings of the underlying summarizer, plus `long`."""
        return {**self._summarizer.decoding, "long": self._long}

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`. A dialogue of several parts counts as these."""
        return self._summarizer.batch_size(source_tokens)

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None, tokens: Sequence[int] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion per dialogue, in the order of `dialogues`. Parts have the style of their dialogue.

        `tokens` are the lengths of the dialogues, if known.
        """
        styles = styles or [""] * len(dialogues)
        counts = self._count_tokens(dialogues) if tokens is None else tokens
        long = [at for at, tokens in enumerate(counts) if tokens > self._max_tokens]
        texts, read = list(dialogues), dict.fromkeys(long, "truncated")
        if long and self._long == "parts":
            parts = [split(dialogues[at], self._count_tokens, self._max_tokens, counts[at]) for at in long]
            read = {at: read_in_parts(len(some)) for at, some in zip(long, parts, strict=True)}
            progress = _scaled(progress, len(dialogues) / (len(dialogues) + sum(map(len, parts))))
            styles_of_long = [styles[at] for at in long]
            for at, text in zip(long, self._reduce(parts, max_tokens, styles_of_long, progress), strict=True):
                texts[at] = text
        completions = self._summarizer.summarize(texts, progress=progress, max_tokens=max_tokens, styles=styles)
        return [replace(completion, read=read.get(at, "whole")) for at, completion in enumerate(completions)]

    def _reduce(
        self, parts: Sequence[Sequence[str]], max_tokens: int | None, styles: Sequence[str],
        progress: OnProgress | None = None,
    ) -> list[str]:  # fmt: skip
        """Return the joined summaries of each dialogue's parts, summarized again until they fit or stop shrinking.

        Only the first round reports to `progress`, because nobody knows how many rounds follow.
        """
        everything = [part for some in parts for part in some]
        of_parts = [style for some, style in zip(parts, styles, strict=True) for _ in some]
        written = iter(
            self._summarizer.summarize(everything, progress=progress, max_tokens=max_tokens, styles=of_parts)
        )
        joined = [join_parts([next(written) for _ in some]) for some in parts]
        again = [
            next_parts(text, len(some), self._count_tokens, self._max_tokens)
            for text, some in zip(joined, parts, strict=True)
        ]
        long = [at for at, some in enumerate(again) if len(some) > 1]
        if long:
            shorter = self._reduce([again[at] for at in long], max_tokens, [styles[at] for at in long])
            for at, text in zip(long, shorter, strict=True):
                joined[at] = text
        return joined


def _scaled(progress: OnProgress | None, share: float) -> OnProgress | None:
    """Return a callback that gets the number of texts finished, each of which is `share` of a dialogue."""
    return None if progress is None else lambda count: progress(share * count)
