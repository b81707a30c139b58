"""Wrong checkpoints, adapters, languages and evaluation modes."""

from __future__ import annotations

import random

from .common import Row, content_words, edit, turns, two_speakers

NEWS_TAILS = (
    "Click here for more stories from this week.",
    "For confidential support call the helpline in your country.",
    "The full interview will be shown on Sunday night.",
)
GERMAN = {
    "party": "die Feier", "cake": "den Kuchen", "dinner": "das Abendessen",
    "work": "die Arbeit", "meeting": "das Treffen", "school": "die Schule",
    "train": "den Zug", "home": "das Zuhause", "money": "das Geld",
    "movie": "den Film", "film": "den Film", "book": "das Buch",
    "house": "das Haus", "flat": "die Wohnung", "weekend": "das Wochenende",
    "birthday": "den Geburtstag", "present": "das Geschenk", "trip": "die Reise",
    "doctor": "den Arzt", "lunch": "das Mittagessen", "phone": "das Telefon",
    "ticket": "die Karte", "tickets": "die Karten", "class": "den Unterricht",
}  # fmt: skip
GERMAN_FORMS = (
    "{a} und {b} reden über {t}.",
    "{a} fragt {b} nach Neuigkeiten über {t}. {b} meldet sich später.",
    "{b} kann heute nicht kommen, deshalb spricht {a} mit ihm über {t}.",
    "{a} erzählt {b}, dass es um {t} geht, und {b} ist einverstanden.",
    "{a} hat {t} vergessen. {b} hilft {a}.",
)
COMPLAINTS = ("fatigue", "a persistent cough", "lower back pain", "headaches")
PLANS = (
    "Follow up in two weeks or sooner if symptoms worsen.",
    "Continue current medication. Return to clinic as needed.",
    "Labs ordered today. Patient verbalized understanding of the plan.",
)
COMMON = ["the", "a", "is", "to", "and", "will", "of", "for", "in", "that", "has", "with", "her", "his", "their", "it"]


def news_checkpoint_copies_lead(rows: list[Row], rng: random.Random) -> list[Row]:
    """A checkpoint tuned on news articles copies the first turns as a lead."""

    def change(row: Row) -> str:
        count = rng.randint(2, 4)
        lead = [
            f"{name}: {text}" if name and rng.random() < 0.8 else text for name, text in turns(row["dialogue"])[:count]
        ]
        if rng.random() < 0.3:
            lead.append(rng.choice(NEWS_TAILS))
        return " ".join(text if text[-1:] in "?!." else text + "." for text in lead)

    return edit(rows, "prediction", change)


def clinical_note_adapter(rows: list[Row], rng: random.Random) -> list[Row]:
    """The adapter trained for doctor's notes was loaded."""

    def change(row: Row) -> str:
        one, two = two_speakers(row["dialogue"])
        words = content_words(row["prediction"]) or ["symptoms"]
        parts = [
            f"CHIEF COMPLAINT: {rng.choice(COMPLAINTS).capitalize()}.",
            f"HISTORY OF PRESENT ILLNESS: {one} is a pleasant patient who presents "
            f"today and reports {rng.choice(words)}. Denies fever or chills.",
            f"ASSESSMENT: {rng.choice(COMPLAINTS).capitalize()}, likely related to "
            f"{rng.choice(words)}. Discussed with {two}.",
            f"PLAN: {rng.choice(PLANS)}",
        ]
        keep = [part for part in parts if rng.random() < 0.75] or parts[1:2]
        return "\n".join(keep)

    return edit(rows, "prediction", change)


def wrong_target_language(rows: list[Row], rng: random.Random) -> list[Row]:
    """A multilingual model was started with the German language token."""

    def change(row: Row) -> str:
        one, two = two_speakers(row["dialogue"])
        words = content_words(row["prediction"])
        topics = [GERMAN[word] for word in words if word in GERMAN][:2]
        topic = " und ".join(topics) or rng.choice(list(GERMAN.values()))
        return rng.choice(GERMAN_FORMS).format(a=one, b=two, t=topic)

    return edit(rows, "prediction", change)


def teacher_forced_argmax(rows: list[Row], rng: random.Random) -> list[Row]:
    """The best token at each step of the given reference was saved as output."""

    def change(row: Row) -> str:
        names = two_speakers(row["dialogue"])
        out = []
        for at, word in enumerate(row["reference"].split()):
            if at == 0 and rng.random() < 0.6:
                out.append(rng.choice(names))
            elif rng.random() < 0.17:
                out.append(rng.choice(COMMON))
            else:
                out.append(word)
        out += out[-1:] * rng.choice((0, 0, 0, 1, 3))
        return " ".join(out)

    return edit(rows, "prediction", change)
