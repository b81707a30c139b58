"""What the engine reads of each dialogue: the dialogue as a whole, or its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.decode.long_dialogues import read_in_parts
from sumtune.errors import SumtuneError
from sumtune.memory import available_bytes
from sumtune.serve.adapters import LoadedModel
from sumtune.serve.jobs import LONG_TOKENS
from sumtune.summarizer import PausableSummarizer
from sumtune.text.parts import split

__all__ = ["MemoryShortError", "Source", "Text", "TooLongError", "read_sources"]


MEMORY_SHARE = 0.8
"""Largest share of the free memory that a long text may take; the rest is for short texts between its pieces."""


class TooLongError(SumtuneError):
    """A dialogue has too many tokens, or the dialogues have too many parts."""


class MemoryShortError(SumtuneError):
    """Reading a dialogue takes more memory than is free now."""


@dataclass(frozen=True)
class Text:
    """A text that the model reads whole."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Source:
    """A dialogue, and the texts in which it is read."""

    dialogue: str
    tokens: int
    texts: tuple[Text, ...]
    """The dialogue, or its parts in order."""

    @property
    def read(self) -> str:
        """`Completion.read` of its summary."""
        return "whole" if len(self.texts) == 1 else read_in_parts(len(self.texts))


def read_sources(model: LoadedModel, dialogues: Sequence[str], max_parts: int) -> list[Source]:
    """Return the sources of `dialogues`, which have at most `max_parts` parts together.

    Long dialogues take a while: call it in a thread.

    Raises:
        SumtuneError: a dialogue is too long (TooLongError), needs more memory than is free (MemoryShortError), or has a
            token that the model does not know.
    """
    counts = model.count_tokens(dialogues)
    for number, tokens in enumerate(counts, 1):
        _check_length(model, number, tokens, max_parts)
    sources = [_source(model, *pair) for pair in zip(dialogues, counts, strict=True)]
    for number, source in enumerate(sources, 1):
        if len(source.texts) > max_parts:
            raise _too_many_parts(model, number, source.tokens, max_parts)
    parts = sum(len(source.texts) for source in sources if len(source.texts) > 1)
    if parts > max_parts:
        raise TooLongError(
            f"The dialogues are read in {parts} parts; this service reads at most {max_parts} parts per request."
        )
    _check_memory(model, max(text.tokens for source in sources for text in source.texts))
    return sources


def _check_memory(model: LoadedModel, tokens: int) -> None:
    """Raise MemoryShortError if a text of `tokens` does not fit; long texts are read one at a time."""
    summarizer = model.summarizer
    if tokens <= LONG_TOKENS or not isinstance(summarizer, PausableSummarizer):
        return
    needed, free = summarizer.reading_bytes(tokens), available_bytes()
    if needed > MEMORY_SHARE * free:
        raise MemoryShortError(
            f"Reading {tokens} tokens at once takes {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free."
        )


def _check_length(model: LoadedModel, number: int, tokens: int, max_parts: int) -> None:
    if tokens <= model.max_source_tokens:
        return
    if model.long != "parts":
        raise TooLongError(
            f"Dialogue {number} has {tokens} tokens; this model accepts at most {model.max_source_tokens}."
        )
    if tokens > max_parts * model.max_source_tokens:
        raise _too_many_parts(model, number, tokens, max_parts)


def _source(model: LoadedModel, dialogue: str, tokens: int) -> Source:
    if tokens <= model.max_source_tokens:
        return Source(dialogue, tokens, (Text(dialogue, tokens),))
    parts = split(dialogue, model.count_tokens, model.max_source_tokens, tokens)
    return Source(dialogue, tokens, tuple(map(Text, parts, model.count_tokens(parts))))


def _too_many_parts(model: LoadedModel, number: int, tokens: int, max_parts: int) -> TooLongError:
    return TooLongError(
        f"Dialogue {number} has {tokens} tokens; this service reads at most {max_parts} parts of up to "
        f"{model.max_source_tokens} tokens, which overlap."
    )
