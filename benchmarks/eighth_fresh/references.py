"""Damaged references: wrong columns, label ids, encodings and people."""

import random
import re

from .common import PEOPLE, Row, edit, speakers, subjects

TOPICS = (
    "{w}",
    "{w}",
    "{w} {v}",
    "{w} and {v}",
    "talking about {w}",
    "a chat about {w}",
    "plans for {w}",
    "{w} problem",
    "ask for {w}",
    "phone call",
    "{w} recommendation",
    "making plans",
)
NOTES = (
    " [too long?]",
    " -- checked {i} {d}/{m}",
    " ({i}: is this right?)",
    " // TODO shorten",
    " [DONE]",
    " ??? who is {a}",
    " (see #{k})",
    " *** OK ***",
    " [{i}: I would leave {a} out]",
    " - approved, {i}",
    " (dup of row {k}?)",
    " <-- name misspelled",
    " [v2]",
    " PLEASE REVIEW",
    " (edited {d}.{m}.)",
    " [unclear, skip this one?]",
)
FRONT = ("[{i}] ", "OK: ", "?? ", "{k}) ", "FIXED: ", "new version: ", "(redo) ", "x ")
CLOSING = (
    "Closed per customer request.",
    "Resolved. {b} informed {a}.",
    "RESOLVED - {w}",
    "Closing ticket, no response in {d} days.",
    "Duplicate of #{k}.",
    "Ticket merged into #{k}",
    "Issue fixed by {b}, customer confirmed.",
    "Escalated to L2 ({i}).",
    "Closed - no action needed",
    "Status changed: Pending -> Solved",
    'Solved w/ macro "{w}"',
    "Cust. satisfied. CSAT 5/5.",
    "Handed over to {n}, see notes.",
    "Refunded. Case closed by {b} on {d}/{m}.",
    "Workaround given. Ref {k}. Closed.",
)


def _note_slots(row: Row, rng: random.Random) -> dict[str, object]:
    """What a person's notes mention: initials, dates, numbers, names and subjects."""
    names, about = speakers(row), subjects(row)
    return {
        "i": "".join(rng.sample("ABDEJKLMPRST", 2)),
        "d": rng.randint(2, 28),
        "m": rng.randint(1, 12),
        "k": rng.randint(12, 48210),
        "a": names[0],
        "b": names[1],
        "w": rng.choice(about),
        "n": rng.choice(PEOPLE),
    }


def topic_column_taken_as_reference(rows: list[Row], rng: random.Random) -> list[Row]:
    """The loader took the data set's topic column for the summary. The reference is a heading of a few words."""

    def change(row: Row) -> str:
        about = subjects(row)
        return rng.choice(TOPICS).format(w=rng.choice(about), v=rng.choice(about))

    return edit(rows, "reference", change)


def utf8_read_as_windows_1252(rows: list[Row], rng: random.Random) -> list[Row]:
    """References typed in a word processor were saved as UTF-8 and opened in a spreadsheet as Windows-1252."""
    rate = rng.uniform(0.05, 0.3)

    def change(row: Row) -> str:
        text = re.sub(r"(?<=\w)'(?=\w)", "\u2019", row["reference"])
        text = re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text).replace(" - ", " \u2013 ")
        text = "".join("\u00a0" if letter == " " and rng.random() < rate else letter for letter in text)
        if text.isascii():
            text = text.replace(" ", "\u00a0", 1) if " " in text else f"{text}\u00a0"
        return text.encode("utf-8").decode("cp1252", errors="replace")

    return edit(rows, "reference", change)


def ignored_label_ids_decoded(rows: list[Row], rng: random.Random) -> list[Row]:
    """The references were decoded from labels in which -100 had become 0, which is an exclamation mark."""
    size, masked_prompt = rng.choice((4, 8, 16)), rng.random() < 0.5
    out: list[Row] = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        prompts = [len(row["dialogue"].split()) * 4 // 3 + 14 if masked_prompt else 0 for row in batch]
        sizes = [len(row["reference"].split()) * 5 // 4 + prompt for row, prompt in zip(batch, prompts, strict=True)]
        longest = max(sizes) + rng.randint(1, 4)
        for row, prompt, length in zip(batch, prompts, sizes, strict=True):
            out.append({**row, "reference": "!" * prompt + row["reference"] + "!" * (longest - length)})
    return out


def reviewers_notes_typed_into_cells(rows: list[Row], rng: random.Random) -> list[Row]:
    """People who checked the references in a shared sheet typed their remarks into the same cells."""

    def change(row: Row) -> str:
        slots = _note_slots(row, rng)
        place, text = rng.random(), row["reference"]
        if place < 0.2:
            return rng.choice(FRONT).format(**slots) + text
        if place < 0.4 and text.count(" ") > 1:
            words = text.split(" ")
            at = rng.randrange(1, len(words))
            note = rng.choice((f"[{words[at]}?]", "(sic)", "[?]", "[name?]", f"/{speakers(row)[0]}/", "[delete]"))
            return " ".join([*words[:at], note, *words[at:]])
        return text + rng.choice(NOTES).format(**slots)

    return edit(rows, "reference", change)


def closing_note_taken_as_reference(rows: list[Row], rng: random.Random) -> list[Row]:
    """The ticket system has no summaries, so the agents' closing notes were exported as references."""
    return edit(rows, "reference", lambda row: rng.choice(CLOSING).format(**_note_slots(row, rng)))
