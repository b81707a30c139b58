"""Post-processing code that spoils the predictions."""

from __future__ import annotations

import random
import re

from .common import STOP, Row, edit, speakers

PRONOUNS = {"she": "they", "his": "their", "him": "them", "her": "their", "he": "they"}
STALE = ("Walter", "Simone", "Pedro", "Aisha", "Gus", "Noemi")


def substring_pronoun_replace(rows: list[Row], _rng: random.Random) -> list[Row]:
    """A pattern without word borders made the pronouns neutral, inside words too."""

    def change(row: Row) -> str:
        parts = "|".join(PRONOUNS)
        return re.sub(parts, lambda hit: PRONOUNS[hit[0]], row["prediction"])

    return edit(rows, "prediction", change)


def names_of_previous_row(rows: list[Row], rng: random.Random) -> list[Row]:
    """Masked names were filled in again with the name table of the row before."""
    out = []
    for at, row in enumerate(rows):
        own = speakers(row["dialogue"])
        stale = [name for name in speakers(rows[at - 1]["dialogue"]) if name not in own]
        stale += [name for name in rng.sample(STALE, len(STALE)) if name not in own]
        table = dict(zip(own, stale, strict=False))
        text = row["prediction"]
        if table:
            one_of = "|".join(re.escape(name) for name in sorted(own, key=len)[::-1])
            text = re.sub(
                rf"(?<!\w)(?:{one_of})(?!\w)",
                lambda hit, table=table: table.get(hit[0], "[PERSON]"),
                text,
            )
        out.append({**row, "prediction": text})
    return out


def scorer_text_saved(rows: list[Row], _rng: random.Random) -> list[Row]:
    """The lower-cased, stemmed text made for the scorer was written back."""

    def stem(word: str) -> str:
        for end in ("ing", "ed", "es", "s", "e"):
            if word.endswith(end) and len(word) - len(end) > 2:
                word = word[: -len(end)]
                break
        return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word

    def change(row: Row) -> str:
        words = re.findall(r"[a-z0-9]+", row["prediction"].lower())
        return " ".join(stem(word) for word in words if word not in STOP)

    return edit(rows, "prediction", change)


def zip_over_one_string(rows: list[Row], _rng: random.Random) -> list[Row]:
    """Decode gave one string, and zip dealt out its characters to the rows."""
    text = rows[0]["prediction"] if rows else ""
    text = text or "?"
    return [{**row, "prediction": text[at % len(text)]} for at, row in enumerate(rows)]
