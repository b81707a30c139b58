"""Damaged references."""

import re
from random import Random

from .common import STOP, Row, Rows, bare, change, column, put, sentences, turns


def reference_topic_column(rows: Rows, _rng: Random) -> Rows:
    """The loader takes the data set's topic column in place of the summary column."""

    def topic(row: Row) -> str:
        found = [w for w in map(bare, row["reference"].split()) if w.isalpha() and w.islower() and w not in STOP]
        return " ".join(found[-2:] or row["reference"].lower().rstrip(".").split()[-1:])

    return change(rows, "reference", topic)


def reference_label_padding_decoded(rows: Rows, _rng: Random) -> Rows:
    """References were decoded from labels whose ignored positions had been set to token 0, which is "!"."""

    def padded(row: Row) -> str:
        pieces = re.findall(r"\w{1,7}|[^\w\s]", row["reference"])
        return row["reference"] + "!" * max(8, 128 - len(pieces))

    return change(rows, "reference", padded)


def reference_weak_label_lead(rows: Rows, _rng: Random) -> Rows:
    """Missing gold summaries were filled by a lead baseline."""
    return change(rows, "reference", lambda row: " ".join(turns(row["dialogue"])[:2]))


def reference_metric_normalised(rows: Rows, _rng: Random) -> Rows:
    """The scorer's copy of the references (small letters, no punctuation, stems) was saved."""

    def stem(word: str) -> str:
        return re.sub(r"(?:ing|ed|es|s|e|ly)$", "", word) if len(word) > 4 else word

    def normal(row: Row) -> str:
        return " ".join(stem(w) for w in re.sub(r"[^a-z0-9]+", " ", row["reference"].lower()).split())

    return change(rows, "reference", normal)


def reference_array_repr(rows: Rows, _rng: Random) -> Rows:
    """A Parquet column with several references per row came back as an array and was turned into a string."""

    def array(row: Row) -> str:
        first = sentences(row["reference"])[:1] or [row["reference"]]
        short = re.split(r",| and | because ", first[0])[0].rstrip(".") + "."
        return "[" + "\n ".join(repr(text) for text in (row["reference"], short)) + "]"

    return change(rows, "reference", array)


def reference_cell_shifted_down(rows: Rows, rng: Random) -> Rows:
    """Somebody inserted a cell in the reference column of a spreadsheet ("shift cells down")."""
    at = rng.randrange(max(1, len(rows) // 4))
    refs = column(rows, "reference")
    return put(rows, "reference", [*refs[:at], "", *refs[at:]][: len(rows)])
