"""Split a dialogue that is too long for a model between turns, into overlapping parts of about equal length."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from sumtune.text.sentences import split_sentences

__all__ = ["OVERLAP_SHARE", "VERSION", "CountTokens", "align", "split", "training_pairs"]

VERSION = 1
"""Version of how long dialogues are split and aligned. Raise it with every change that gives other parts, so that
encoded examples and predictions of earlier versions are made again."""
OVERLAP_SHARE = 0.1
"""A part begins with the last turns of the previous part, which take at most this share of its length."""
WORD = re.compile(r"\w+")

CountTokens = Callable[[Sequence[str]], list[int]]
"""Returns the number of tokens in each text."""


def split(dialogue: str, count: CountTokens, max_tokens: int, tokens: int | None = None) -> list[str]:
    """Return `dialogue` in parts of at most `max_tokens`, in order. A dialogue that fits is returned as the only part.

    Splits between lines, or between words if a line is too long. Each part begins with the last lines of the previous
    one, so that an answer is rarely separated from its question. `tokens` is the length of `dialogue`, if known.
    """
    if (count([dialogue])[0] if tokens is None else tokens) <= max_tokens:
        return [dialogue]
    lines, sizes = _lines(dialogue, count, max_tokens)
    for target in _targets(sum(sizes), max_tokens):
        parts = ["\n".join(lines[first:last]) for first, last in _spans(sizes, target)]
        if max(count(parts)) <= max_tokens:
            return parts
    return lines  # a single line can fill a part


def _lines(dialogue: str, count: CountTokens, max_tokens: int) -> tuple[list[str], list[int]]:
    """Return the lines of `dialogue`, those that are too long in pieces, and their lengths with a line break."""
    lines = dialogue.split("\n")
    sizes = count(lines)
    if max(sizes) >= max_tokens:
        fits = [size < max_tokens for size in sizes]
        both = zip(lines, fits, strict=True)
        lines = [piece for line, fit in both for piece in ([line] if fit else _pieces(line, count, max_tokens))]
        sizes = count(lines)
    return lines, [size + 1 for size in sizes]


def _targets(total: int, max_tokens: int) -> list[int]:
    """Return the part sizes to try, largest first. Each makes the parts about equally long."""
    room = max_tokens * (1 - OVERLAP_SHARE)
    fewest = max(2, math.ceil(total / room))
    return [
        min(max_tokens, math.ceil(total / parts / (1 - OVERLAP_SHARE))) for parts in (fewest, fewest + 1, 2 * fewest)
    ]


def _spans(sizes: Sequence[int], target: int) -> list[tuple[int, int]]:
    """Return the first and last line (exclusive) of each part. A part has about `target` tokens, overlap included."""
    spans, first, start = [], 0, 0
    while first < len(sizes):
        used, last = sum(sizes[start:first]), first
        while last < len(sizes) and (last == first or used + sizes[last] <= target):
            used += sizes[last]
            last += 1
        spans.append((start, last))
        first = start = last
        while start > 0 and sum(sizes[start - 1 : last]) <= target * OVERLAP_SHARE:
            start -= 1
    return spans


def _pieces(line: str, count: CountTokens, max_tokens: int) -> list[str]:
    """Halve `line` between words (or, failing that, characters) until each piece fits with its line break."""
    (tokens,) = count([line])
    if tokens + 1 <= max_tokens or len(line) < 2:
        return [line]
    middle = len(line) // 2
    space = line.rfind(" ", 1, middle + 1)
    cut = space if space > 0 else middle
    return [*_pieces(line[:cut].strip(), count, max_tokens), *_pieces(line[cut:].strip(), count, max_tokens)]


def align(parts: Sequence[str], sentences: Sequence[str]) -> list[list[str]]:
    """Assign each sentence of a summary to the part that supports it best; return the sentences of each part, in order.

    Support is the total weight of the words that a part and a sentence share. A word in k of n parts has the weight
    log(1 + n/k). Ties go to the earlier part.

    >>> align(["Ann: Lunch at noon?", "Ben: The printer is broken."], ["The printer broke.", "They meet at noon."])
    [['They meet at noon.'], ['The printer broke.']]
    """
    words = [set(_words(part)) for part in parts]
    spread = Counter(word for some in words for word in some)
    chosen: list[list[str]] = [[] for _ in parts]
    for sentence in sentences:
        wanted = set(_words(sentence))
        support = [sum(math.log1p(len(parts) / spread[word]) for word in wanted & some) for some in words]
        chosen[support.index(max(support))].append(sentence)
    return chosen


def training_pairs(
    dialogue: str, summary: str, count: CountTokens, max_tokens: int, tokens: int | None = None
) -> list[tuple[str, str]]:
    """Return the pairs of source and target, from one example, that teach a model to summarize in parts.

    A dialogue that fits is one pair. A longer one makes one pair per part that supports sentences of the summary: the
    part and these sentences. If there are several, a last pair has their sentences as source and the summary as target.
    `tokens` is the length of `dialogue`, if known.
    """
    parts = split(dialogue, count, max_tokens, tokens)
    if len(parts) == 1:
        return [(dialogue, summary)]
    said = [" ".join(sentences) for sentences in align(parts, split_sentences(summary))]
    pairs = [(part, text) for part, text in zip(parts, said, strict=True) if text]
    joined = "\n".join(text for _, text in pairs)
    return [*pairs, (joined, summary)] if len(pairs) > 1 else pairs


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())
