"""Helpers that the damage kinds share."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Row = dict[str, str]
Kind = Callable[[list[Row], random.Random], list[Row]]

SPEAKER = re.compile(r"^\s*([^:\n]{1,30}?)\s*:\s*(.*)$")
STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "can",
        "for",
        "from",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "she",
        "so",
        "that",
        "the",
        "their",
        "them",
        "then",
        "they",
        "this",
        "to",
        "was",
        "we",
        "were",
        "will",
        "with",
        "you",
        "not",
        "about",
        "after",
        "before",
        "who",
        "what",
        "when",
        "there",
        "because",
        "up",
        "out",
    ]
)


def edit(rows: list[Row], column: str, change: Callable[[Row], str]) -> list[Row]:
    """Copy the rows with one column replaced by what `change` makes of the row."""
    return [{**row, column: change(row)} for row in rows]


def turns(dialogue: str) -> list[tuple[str, str]]:
    """Split a dialogue into (speaker, text) turns; the speaker may be empty."""
    found = []
    for line in dialogue.splitlines():
        if not line.strip():
            continue
        match = SPEAKER.match(line)
        found.append((match[1], match[2]) if match else ("", line.strip()))
    return found


def speakers(dialogue: str) -> list[str]:
    """Name the speakers in order of appearance."""
    return list(dict.fromkeys(name for name, _ in turns(dialogue) if name))


def two_speakers(dialogue: str) -> tuple[str, str]:
    """Name the first two speakers, with stand-ins where there are fewer."""
    first, second = [*speakers(dialogue), "the speaker", "the other person"][:2]
    return first, second


def content_words(text: str) -> list[str]:
    """List the lower-case words that carry content, in order, without repeats."""
    words = re.findall(r"\b[a-z]{4,}\b(?!')", text)
    return list(dict.fromkeys(word for word in words if word not in STOP))


def pieces(text: str) -> list[str]:
    """Split text into rough subword pieces; a piece keeps the space before it."""
    found: list[str] = []
    for word in re.findall(r"\s*(?:\w+|[^\w\s])", text):
        bare = word.lstrip()
        if len(bare) > 6:
            cut = len(word) - len(bare) // 2
            found += [word[:cut], word[cut:]]
        else:
            found.append(word)
    return found
