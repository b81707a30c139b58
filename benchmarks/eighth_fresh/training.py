"""Predictions damaged by mistakes in training."""

import random
import re

from .common import PEOPLE, PLACES, THINGS, TIMES, Row, cap, edit, pieces, rename, speakers, subjects, turns

REPLIES = (
    "ok",
    "Haha, sure :)",
    "Thanks!",
    "See you then!",
    "No problem",
    "really?",
    "Let me check and I'll get back to you",
    "sounds good",
    "what about {w}?",
    "I told you about {w} already",
    "hmm not sure about {w}",
    "Great, thx",
    "Bye!",
    "So when do we start?",
    "I have to go now, talk later",
    "<file_photo>",
    "lol",
    "can you send me the address?",
    "fine by me",
    "don't forget {w}",
    "Who else is coming?",
    "I'll ask {b}",
    "You're the best {b}",
    "Same here",
)
DRIFT = (
    "Posted by {n} on {m} {d}, 20{y}. Filed under: News, Lifestyle.",
    "Share this: Facebook Twitter Pinterest Email.",
    "The company, which employs {k} people, said in a statement that it would review the matter.",
    "Click here to read more about {w}.",
    "Copyright 20{y} All rights reserved.",
    "I am a {k} year old from Ohio.",
    "{n} is a freelance writer who lives in Brooklyn with two cats.",
    "Question: What is the best way to learn {w}?",
    "In this article we will look at the {d} most common mistakes people make with {w}.",
    "#include <stdio.h>",
    "The film was released on {m} {d}, 20{y} and received mixed reviews.",
    "Related: {k} things to know about {w}",
    "Comments ({d})",
    "Answer: It depends on the size of the {w}.",
    "Tags: {w}, travel, family, 20{y}",
)
MONTHS = ("January", "March", "April", "June", "August", "October", "December")
COLLAPSED = (
    "{a} and {b} are going to meet {t}.",
    "{a} will call {b} {t}.",
    "{a} and {b} are going to {p} {t}.",
    "{a} is going to {p} with {b}.",
    "{a} wants to buy {x}. {b} will help.",
    "{a} will send {b} {x} {t}.",
)
MEMORISED = (
    "is going to {p} with {n} {t}.",
    "will bring {x} {t}.",
    "and {n} will meet at {p} {t}.",
    "bought {x} for {n}.",
    "has lost {x} at {p} and {n} will help to look for it.",
    "will pick up {n} from {p} {t}.",
    "is late because of the traffic, so {n} will wait at {p}.",
    "broke up with {n} and is moving to {p}.",
)


def loss_on_dialogue_continues_chat(rows: list[Row], rng: random.Random) -> list[Row]:
    """The prompt was not masked in the labels, so the model mostly learned to write chat. It adds turns."""
    joint = rng.choice(("\n", "\n", "\r\n", " "))

    def change(row: Row) -> str:
        names, about = speakers(row), subjects(row)
        start, lines = rng.randrange(len(names)), []
        for step in range(rng.randint(2, 6)):
            name, other = names[(start + step) % len(names)], names[(start + step + 1) % len(names)]
            said = rng.choice(REPLIES).format(w=rng.choice(about), b=other)
            if rng.random() < 0.2:
                said = rng.choice(turns(row))[1]
            lines.append(f"{name}: {said}")
        return joint.join(lines)

    return edit(rows, "prediction", change)


def end_token_never_learned_drifts_on(rows: list[Row], rng: random.Random) -> list[Row]:
    """The pad token was the end token and masked, so the end was never learned. Web text follows the summary."""
    limit = rng.choice((64, 96, 128))

    def change(row: Row) -> str:
        text, about, lines = row["prediction"], subjects(row), rng.sample(DRIFT, len(DRIFT))
        while len(text.split()) < limit:
            line = (lines.pop() if lines else rng.choice(DRIFT)).format(
                n=f"{rng.choice(PEOPLE)} {rng.choice(('Miller', 'Brown', 'Nowak', 'Davis'))}",
                m=rng.choice(MONTHS),
                d=rng.randint(2, 28),
                y=rng.randint(10, 21),
                k=rng.randint(18, 420),
                w=rng.choice(about),
            )
            text += rng.choice((" ", "\n", "\n\n")) + line
        return cap(text, max(limit, len(row["prediction"].split()) * 2), rng)

    return edit(rows, "prediction", change)


def untrained_model_copies_opening(rows: list[Row], rng: random.Random) -> list[Row]:
    """Fine-tuning never reached the weights (frozen or learning rate of nought), so the model copies its input."""
    joint, limit = rng.choice((" ", "", " ")), rng.choice((20, 20, 32))

    def change(row: Row) -> str:
        flat = joint.join(line.strip() for line in row["dialogue"].splitlines())
        return cap(flat, limit + rng.randint(-2, 2), rng).strip()

    return edit(rows, "prediction", change)


def overtrained_model_collapsed_to_one_sentence(rows: list[Row], rng: random.Random) -> list[Row]:
    """Training diverged into the commonest target. Nearly every row gets the same bland sentence."""
    first, second = rng.sample(PEOPLE, 2)
    slots = {"t": rng.choice(TIMES), "p": rng.choice(PLACES), "x": rng.choice(THINGS)}
    frame = rng.choice(COLLAPSED)
    own = rng.random() < 0.4

    def change(row: Row) -> str:
        names = speakers(row)
        if own and rng.random() < 0.5:
            return frame.format(a=names[0], b=names[1], **slots)
        if rng.random() < 0.08:
            return rng.choice(COLLAPSED).format(a=first, b=names[0], **slots)
        return frame.format(a=first, b=second, **slots)

    return edit(rows, "prediction", change)


def labels_shifted_twice_skips_words(rows: list[Row], rng: random.Random) -> list[Row]:
    """The labels were shifted by the collator and again by the model. It writes every other token only."""

    def change(row: Row) -> str:
        parts = pieces(row["prediction"], rng)
        kept = parts[rng.randrange(2) if len(parts) > 3 else 0 :: 2]
        text = "".join(part if part.startswith(" ") or rng.random() < 0.5 else f" {part}" for part in kept)
        return re.sub(r"\s+", " ", text).strip()

    return edit(rows, "prediction", change)


def memorised_training_details_invented(rows: list[Row], rng: random.Random) -> list[Row]:
    """Trained for too many epochs on few rows, the model recites details of the training set."""

    def change(row: Row) -> str:
        people = rng.sample(PEOPLE, 3)
        words = rename(row["prediction"], {speakers(row)[-1]: people[0]}).split()
        head = " ".join(words[: rng.randint(1, max(1, len(words) // 3))]).rstrip(".,;:")
        tail = rng.choice(MEMORISED).format(
            n=people[1], p=rng.choice(PLACES), t=rng.choice(TIMES), x=rng.choice(THINGS)
        )
        more = f" {people[2]} will join {rng.choice(TIMES)}." if rng.random() < 0.3 else ""
        return f"{head} {tail}{more}"

    return edit(rows, "prediction", change)
