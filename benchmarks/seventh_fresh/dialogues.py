"""Damaged dialogues."""

from random import Random

from .common import Row, Rows, any_of, change, speakers, turns


def dialogue_turns_unordered(rows: Rows, rng: Random) -> Rows:
    """Turns were collected by a group-by without an order."""

    def mixed(row: Row) -> str:
        lines = turns(row["dialogue"])
        out = rng.sample(lines, len(lines))
        return "\n".join(out if out != lines else lines[::-1])

    return change(rows, "dialogue", mixed)


def dialogue_speakers_anonymised(rows: Rows, _rng: Random) -> Rows:
    """Names of speakers became #Person1#, #Person2# in the dialogues, but not in the summaries."""

    def anonymous(row: Row) -> str:
        code = {name: f"#Person{i}#" for i, name in enumerate(speakers(row["dialogue"]), 1)}
        return any_of(list(code)).sub(lambda m: code[m[0]], row["dialogue"])

    return change(rows, "dialogue", anonymous)


def dialogue_contains_reference(rows: Rows, rng: Random) -> Rows:
    """The dialogue column was saved from the training text, which includes the target."""
    head = rng.choice(("\nSummary: ", "\n\nTL;DR: ", "\n\n### Summary:\n"))
    return change(rows, "dialogue", lambda row: row["dialogue"] + head + row["reference"])


def dialogue_first_page_only(rows: Rows, _rng: Random) -> Rows:
    """The chat export took only the first page of messages."""

    def first_page(row: Row) -> str:
        lines = turns(row["dialogue"])
        if len(lines) > 2:
            return "\n".join(lines[: max(1, len(lines) // 3)])
        return row["dialogue"][: len(row["dialogue"]) // 2]

    return change(rows, "dialogue", first_page)
