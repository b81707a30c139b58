"""Helpers that the kinds of damage share."""

import re
from collections.abc import Callable
from random import Random

Row = dict[str, str]
Rows = list[Row]
Kind = Callable[[Rows, Random], Rows]

STOP_WORDS = """
a an the and or but of to in on at for with from by as is are was were be been has have had do does
did will would can could should may might not no so that this these those it its he she they them
him his her their i you we us our your my me there then than because about if who what when where
which some any all also just very too out up off into over after before
"""
STOP = frozenset(STOP_WORDS.split())


def change(rows: Rows, key: str, make: Callable[[Row], str]) -> Rows:
    """Copies of the rows with one column made anew from the row."""
    return [{**row, key: make(row)} for row in rows]


def put(rows: Rows, key: str, texts: list[str]) -> Rows:
    """Copies of the rows with one column replaced by a list of texts."""
    return [{**row, key: text} for row, text in zip(rows, texts, strict=True)]


def column(rows: Rows, key: str) -> list[str]:
    """The texts of a column."""
    return [row[key] for row in rows]


def turns(dialogue: str) -> list[str]:
    """The lines that have text."""
    return [line for line in dialogue.splitlines() if line.strip()]


def split_turn(turn: str) -> tuple[str, str]:
    """Speaker and text of a turn; the speaker is empty where there is none."""
    name, colon, text = turn.partition(":")
    return (name.strip(), text.strip()) if colon and len(name) < 40 else ("", turn.strip())


def speakers(dialogue: str) -> list[str]:
    """Speakers in the order of their first turns."""
    return list(dict.fromkeys(name for name, _ in map(split_turn, turns(dialogue)) if name))


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def bare(word: str) -> str:
    """The word without punctuation at its ends."""
    return re.sub(r"^\W+|\W+$", "", word)


def any_of(names: list[str]) -> re.Pattern[str]:
    """Matches each of the names as whole words (never, without names)."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    return re.compile(
        r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)" if longest_first else r"(?!)"
    )


def proper_names(row: Row) -> re.Pattern[str]:
    """Matches speakers, and words with a capital inside a sentence of the prediction."""
    inner = re.findall(r"(?<=[a-z,] )[A-Z][a-z]\w*", row["prediction"])
    return any_of(speakers(row["dialogue"]) + inner)
