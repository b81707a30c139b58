"""Slips in the human references."""

from __future__ import annotations

import html
import random

from .common import Row, content_words, edit

REMARKS = (
    "not sure what this is about, skip?",
    "TODO",
    "too short to summarise",
    "same as the previous one??",
    "pls check, second speaker unclear",
    "n/a",
    "I can't open this one, the page stays blank",
    "done - see comment in the sheet",
    "What should we do if there is a photo in the chat?",
    "- skipped -",
)
TOPICS = ("{w}", "{w} plans", "about {w}", "{w} and {v}", "small talk", "{w} issue")


def reference_is_pasted_turns(rows: list[Row], rng: random.Random) -> list[Row]:
    """The annotator's clipboard still held a piece of the chat."""

    def change(row: Row) -> str:
        lines = [line for line in row["dialogue"].splitlines() if line.strip()]
        count = min(len(lines), rng.randint(2, 5))
        start = rng.randint(0, len(lines) - count)
        return "\n".join(lines[start : start + count])

    return edit(rows, "reference", change)


def reference_has_editor_markup(rows: list[Row], rng: random.Random) -> list[Row]:
    """The rich-text box of the annotation tool exported its HTML."""

    def change(row: Row) -> str:
        text = html.escape(row["reference"]).replace("&#x27;", "&rsquo;")
        kind = rng.randrange(3)
        if kind == 0:
            return f"<p>{text}</p><p><br></p>"
        if kind == 1:
            text = text.replace(". ", ".&nbsp;</span><span>")
            return f"<p><span>{text}</span></p>"
        return f'<p><span style="font-size: 11pt; font-family: Calibri, sans-serif;">{text}</span>&nbsp;</p>'

    return edit(rows, "reference", change)


def reference_is_annotator_remark(rows: list[Row], rng: random.Random) -> list[Row]:
    """Annotators wrote questions and notes into the summary field."""
    return edit(rows, "reference", lambda _row: rng.choice(REMARKS))


def reference_is_topic_label(rows: list[Row], rng: random.Random) -> list[Row]:
    """The topic column was loaded in place of the summary column."""

    def change(row: Row) -> str:
        words = content_words(row["reference"]) or ["daily life"]
        best = sorted(words, key=len)[-3:]
        return rng.choice(TOPICS).format(w=rng.choice(best), v=words[0])

    return edit(rows, "reference", change)


def reference_carried_over(rows: list[Row], rng: random.Random) -> list[Row]:
    """The form was not cleared, so the text of the item before stands in front."""

    def change(at: int, row: Row) -> str:
        before = rows[at - 1]["reference"]
        return before + rng.choice((" ", "", "\n", " ")) + row["reference"]

    return [{**row, "reference": change(at, row)} for at, row in enumerate(rows)]


def reference_cut_by_column_width(rows: list[Row], rng: random.Random) -> list[Row]:
    """The database column was too narrow and cut every reference silently."""
    width = rng.choice((32, 40))
    return edit(rows, "reference", lambda row: row["reference"][:width])
