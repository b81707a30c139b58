"""Generation settings that spoil the predictions."""

from __future__ import annotations

import random
import re

from .common import Row, edit, pieces

VARIANTS = {
    "the": ["this", "that", "those", "its"],
    "a": ["an", "one", "some", "another"],
    "and": ["plus", "while", "alongside", "also"],
    "to": ["towards", "for", "into"],
    "will": ["shall", "would", "gonna"],
    "is": ["are", "being", "'s"],
    ".": [";", "!", "...", " -"],
    ",": [";", "-", "/"],
}
DRIFT = [
    "overall",
    "despite",
    "several",
    "upcoming",
    "weekend",
    "arrangements",
    "involving",
    "everyone's",
    "respective",
    "schedules",
    "nevertheless",
    "further",
    "details",
    "remain",
    "somewhat",
    "unclear",
    "regarding",
    "possible",
    "future",
    "meetings",
    "although",
    "certain",
    "participants",
    "might",
    "later",
    "reconsider",
    "their",
    "initial",
    "thoughts",
    "concerning",
    "such",
    "matters",
    "altogether",
]
OTHERS = ("Mia", "Jonas", "Priya", "Carl", "Dana", "Felix", "Rosa", "Ivan")
OPENERS = ("Are you home?", "Did you get my email?", "Can you call me?")
REPLIES = ("Not yet, stuck in traffic.", "Yes, just now.", "Give me ten minutes.")
CLOSERS = ("ok, no rush", "great, thanks!", "perfect, talk later")
ENDINGS = ("is not home yet.", "will get back in ten minutes.", "got the email.")


def cut_at_small_token_budget(rows: list[Row], rng: random.Random) -> list[Row]:
    """max_new_tokens was left at a value of about ten tokens."""
    budget = rng.choice((8, 10))
    return edit(rows, "prediction", lambda row: "".join(pieces(row["prediction"])[:budget]))


def loop_until_length_limit(rows: list[Row], rng: random.Random) -> list[Row]:
    """Greedy search fell into a loop and ran to the length limit."""
    limit = rng.choice((96, 128))

    def change(row: Row) -> str:
        words = row["prediction"].split() or ["The"]
        body = words[: max(4, len(words) - rng.randint(0, 5))]
        unit = [word.rstrip(".") for word in body[-rng.randint(2, 6) :]]
        glue = rng.choice((["and"], [], ["and", "that"]))
        out = [word.rstrip(".") for word in body]
        while len(out) < limit:
            out += glue + unit
        return " ".join(out[:limit])

    return edit(rows, "prediction", change)


def repetition_banned(rows: list[Row], rng: random.Random) -> list[Row]:
    """A huge repetition penalty let no token come twice and held off the end."""

    def change(row: Row) -> str:
        used: set[str] = set()
        out: list[str] = []
        for token in re.findall(r"\w+|[^\w\s]", row["prediction"]):
            options = [token, *VARIANTS.get(token.lower(), [])]
            if token[:1].isupper():
                options += [token[:-1], token + "y", token[:2] + "z"]
            fresh = [option for option in options if option.lower() not in used]
            if fresh:
                used.add(fresh[0].lower())
                out.append(fresh[0])
        start = rng.randrange(len(DRIFT) - 16)
        tail = DRIFT[start : start + rng.randint(9, 16)]
        out += [word for word in tail if word not in used]
        return re.sub(r" ?(') ?| ([.,;!])", r"\1\2", " ".join(out))

    return edit(rows, "prediction", change)


def runs_on_into_new_example(rows: list[Row], rng: random.Random) -> list[Row]:
    """The model learned no end token, so it continues with another example, which it invents."""
    gap = rng.choice(("\n\n###\n\n", "\n\n", "\n---\n"))

    def example() -> str:
        one, two = rng.sample(OTHERS, 2)
        lines = (
            f"Conversation:\n{one}: {rng.choice(OPENERS)}",
            f"{two}: {rng.choice(REPLIES)}",
            f"{one}: {rng.choice(CLOSERS)}",
            f"Summary: {two} {rng.choice(ENDINGS)}",
        )
        return "\n".join(lines)

    def change(row: Row) -> str:
        more = gap + gap.join(example() for _ in range(3))
        return row["prediction"] + more[: rng.randint(140, 380)]

    return edit(rows, "prediction", change)
