"""Damaged dialogues."""

from __future__ import annotations

import random

from .common import Row, edit, speakers, turns

STRAY = "Kim: did the parcel come?\nLeo: no, only letters\nKim: odd, it says delivered"


def dialogue_speakers_stripped(rows: list[Row], _rng: random.Random) -> list[Row]:
    """A cleaning pattern took off the speaker labels and joined the lines."""
    return edit(
        rows,
        "dialogue",
        lambda row: " ".join(text for _, text in turns(row["dialogue"])),
    )


def dialogue_one_side_only(rows: list[Row], rng: random.Random) -> list[Row]:
    """The chat export was filtered to the messages of one participant."""

    def change(row: Row) -> str:
        names = speakers(row["dialogue"]) or [""]
        kept = names[-1] if rng.random() < 0.5 else names[0]
        said = [text for name, text in turns(row["dialogue"]) if name == kept]
        return "\n".join(f"{kept}: {text}" if kept else text for text in said)

    return edit(rows, "dialogue", change)


def dialogue_threads_interleaved(rows: list[Row], rng: random.Random) -> list[Row]:
    """Messages were grouped by hour and not by thread, so two chats are mixed."""

    def change(at: int, row: Row) -> str:
        other = rows[at - 1]["dialogue"] if len(rows) > 1 else STRAY
        left, right = row["dialogue"].splitlines(), other.splitlines()
        right = right[: max(3, len(left))]
        out: list[str] = []
        while left or right:
            mine = rng.random() < len(left) / (len(left) + len(right))
            out.append((left if mine else right).pop(0))
        return "\n".join(line for line in out if line.strip())

    return [{**row, "dialogue": change(at, row)} for at, row in enumerate(rows)]
