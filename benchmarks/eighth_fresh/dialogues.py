"""Damaged dialogues: line breaks, exports and transcripts."""

import random
import re

from .common import Row, edit, speakers, turns


def only_first_line_of_cell_read(rows: list[Row], rng: random.Random) -> list[Row]:
    """A reader that goes line by line met cells with line breaks. Each dialogue is its first turn only."""
    head = rng.choice(("", "", '"'))

    def change(row: Row) -> str:
        lines = [line for line in row["dialogue"].splitlines() if line.strip()] or [""]
        return head + lines[0] if len(lines) > 1 else head + " ".join(lines[0].split()[:8])

    return edit(rows, "dialogue", change)


def ticket_export_newest_turn_first(rows: list[Row], rng: random.Random) -> list[Row]:
    """The help desk's export lists messages from the newest to the oldest. The turns run backwards."""
    del rng
    return edit(rows, "dialogue", lambda row: "\n".join(reversed(row["dialogue"].splitlines())))


def line_breaks_escaped_on_export(rows: list[Row], rng: random.Random) -> list[Row]:
    """An export wrote line breaks as an escape or a tag. All turns stand on one line with the marks between them."""
    mark = rng.choice(("\\n", "\\n", "\\r\\n", "<br />", "<br>", "_x000D_\n", "&#10;"))
    quotes = rng.random() < 0.3

    def change(row: Row) -> str:
        text = row["dialogue"].replace('"', '\\"') if quotes else row["dialogue"]
        lines = text.splitlines()
        return mark.join(lines) if len(lines) > 1 else f"{text}{mark}"

    return edit(rows, "dialogue", change)


def speech_recognizer_relabelled_turns(rows: list[Row], rng: random.Random) -> list[Row]:
    """The dialogue was replaced by a recognizer's transcript: time stamps, numbered speakers, no punctuation."""
    style = rng.randrange(4)
    bare = rng.random() < 0.7

    def change(row: Row) -> str:
        labels = {name: place for place, name in enumerate(speakers(row))}
        clock, lines = rng.uniform(0, 9), []
        for name, text in turns(row):
            if bare:
                text = re.sub(r"[^\w\s']", "", text).lower()
            words = text.split()
            if len(words) > 3 and rng.random() < 0.25:
                words.insert(rng.randrange(len(words)), rng.choice(("uh", "um", "[inaudible]", "like", "you know")))
            text, who = " ".join(words) or "[silence]", labels.get(name, 0)
            end = clock + 0.4 * len(words) + 0.3
            stamp = f"{int(clock // 60):02d}:{clock % 60:05.2f}"
            if style == 0:
                lines.append(f"[{stamp} --> {int(end // 60):02d}:{end % 60:05.2f}] SPEAKER_{who:02d}: {text}")
            elif style == 1:
                lines.append(f"Speaker {who + 1}: {text}")
            elif style == 2:
                lines.append(f"00:{stamp[:5]} spk_{who}: {text}")
            else:
                lines.append(f"Speaker {who + 1} ({stamp[:5]}): {text}")
            clock = end + rng.uniform(0.1, 2.5)
        return "\n".join(lines)

    return edit(rows, "dialogue", change)
