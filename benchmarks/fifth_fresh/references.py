"""Damage to the references."""

import re
from random import Random

from .row import STOP_WORDS, TEXTS, Row, references, sentences, speakers, turns

GERMAN: dict[str, str] = TEXTS["german"]


@references
def reference_is_topic(row: Row, random: Random) -> str:
    """Read the column of topics: one or two words."""
    words = [word for word in re.findall(r"[a-z]{4,}", row["reference"].lower()) if word not in STOP_WORDS]
    topics = list(dict.fromkeys(words)) or ["daily", "life"]
    return " ".join(sorted(topics, key=lambda word: (-len(word), word))[: random.randint(1, 2)])


@references
def reference_ocr(row: Row, random: Random) -> str:
    """Scan the references: letters are confused, words broken and glued."""
    confused = dict(zip("mloehiadugSB", ["rn", "1", "0", "c", "li", "j", "o", "cl", "v", "9", "5", "8"], strict=True))
    scanned = []
    for letter in row["reference"] or "Nothing was written here.":
        chance = random.random()
        if letter in confused and chance < 0.4:
            scanned.append(confused[letter])
        elif letter == " " and chance < 0.2:
            continue
        elif letter.isalpha() and chance > 0.96:
            scanned.append(letter + " ")
        else:
            scanned.append(letter)
    return "".join(scanned)


@references
def reference_in_german(row: Row, _: Random) -> str:
    """Take the references from a copy that was translated word by word."""
    translated, found = [], 0
    for token in row["reference"].split():
        before, word, after = re.match(r"^(\W*)(.*?)(\W*)$", token).groups()  # type: ignore[union-attr]
        german = GERMAN.get(word) or GERMAN.get(word.lower())
        if german:
            found += 1
            translated.append(before + german.replace("_", " ") + after)
        elif not (word.isalpha() and word.islower()):
            translated.append(token)
        elif after:
            translated.append("etwas" + after)
    text = " ".join(translated)
    if found >= 4:
        return text
    first, second = speakers(row["dialogue"])[:2]
    return f"{first} und {second} sprechen miteinander über ihre Pläne. {text}".strip()


@references
def reference_annotator_notes(_: Row, random: Random) -> str:
    """Take the annotators' remarks for references."""
    notes = [
        "TODO",
        "skip - unclear, see guideline 3.2",
        "same as above",
        "not enough context to summarise (ask Kate)",
        "duplicate of previous item?",
        "N/A - bad audio",
        "needs second annotator",
        "xxx check later",
    ]
    return random.choice(notes)


@references
def reference_three_annotators(row: Row, random: Random) -> str:
    """Put the references of three annotators into one cell."""
    names, said, reference = speakers(row["dialogue"]), turns(row["dialogue"]), row["reference"].strip()
    versions = [
        reference,
        f"{names[0]} is talking with {names[1]}. " + " ".join(reversed(sentences(reference))),
        f"{said[0][0]} starts by saying: {said[0][1][:60]} In the end {said[-1][0]} answers and they finish the chat.",
    ]
    random.shuffle(versions)
    return " ||| ".join(versions)
