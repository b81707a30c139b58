"""What the kinds of damage share: the types, and small readers and writers of a row's texts."""

import random
import re
from collections.abc import Callable, Iterable

Row = dict[str, str]
Kind = Callable[[list[Row], random.Random], list[Row]]

PEOPLE = (
    "Tom",
    "Kate",
    "Olivia",
    "Mark",
    "Lucy",
    "Jake",
    "Hannah",
    "Peter",
    "Monica",
    "Greg",
    "Ella",
    "Victor",
    "Nina",
    "Oscar",
    "Paula",
    "Simon",
    "Julia",
    "Martin",
    "Wendy",
    "Harry",
    "Chloe",
    "Dylan",
    "Fiona",
    "Adam",
    "Celine",
)
THINGS = (
    "tickets",
    "the car",
    "a birthday cake",
    "the report",
    "a new phone",
    "her laptop",
    "the dog",
    "some wine",
    "a present",
    "the keys",
    "his homework",
    "a pizza",
    "the slides",
    "a dress",
    "the invoice",
    "a bike",
)
PLACES = (
    "the cinema",
    "the gym",
    "the airport",
    "the Italian restaurant",
    "the library",
    "the office",
    "Mark's place",
    "the city centre",
    "the bus station",
    "the dentist",
    "Berlin",
    "the new mall",
    "the concert",
    "the beach",
)
TIMES = (
    "at 7 pm",
    "tomorrow",
    "on Friday",
    "tonight",
    "at 5",
    "next week",
    "on Saturday evening",
    "after work",
    "in half an hour",
    "at 10:30",
    "this weekend",
    "on Monday morning",
    "around noon",
    "at 6:15",
)
STOP = frozenset(
    [
        "that",
        "this",
        "with",
        "have",
        "will",
        "they",
        "them",
        "then",
        "than",
        "what",
        "when",
        "where",
        "which",
        "your",
        "from",
        "about",
        "just",
        "like",
        "there",
        "here",
        "were",
        "been",
        "would",
        "could",
        "should",
        "going",
        "want",
        "know",
        "think",
        "yeah",
        "okay",
        "well",
        "some",
        "much",
        "very",
        "really",
        "also",
        "only",
        "into",
        "because",
        "their",
        "does",
        "didn't",
        "don't",
        "can't",
        "it's",
        "i'm",
        "i'll",
        "you're",
        "that's",
        "hello",
        "thanks",
        "please",
        "sure",
        "right",
        "good",
        "great",
    ]
)
TURN = re.compile(r"^\s*([^:\n]{1,40}):\s*(.*)$")


def edit(rows: list[Row], column: str, change: Callable[[Row], str]) -> list[Row]:
    """New rows in which one column holds what the function makes of the row."""
    return [{**row, column: change(row)} for row in rows]


def turns(row: Row) -> list[tuple[str, str]]:
    """The dialogue's turns as (speaker, text); a line without a speaker belongs to the one before."""
    found: list[tuple[str, str]] = []
    for line in row["dialogue"].splitlines():
        match = TURN.match(line)
        if match:
            found.append((match[1].strip(), match[2].strip()))
        elif line.strip():
            found.append((found[-1][0] if found else "User", line.strip()))
    return found or [("User", row["dialogue"].strip() or "hello")]


def speakers(row: Row) -> list[str]:
    """The speakers in the order of their first turn, at least two."""
    found = list(dict.fromkeys(name for name, _ in turns(row)))
    return found if len(found) > 1 else [*found, "the other person"]


def content(text: str) -> list[str]:
    """The longer words of a text that say what it is about, in order, each once."""
    found = re.findall(r"[A-Za-z][A-Za-z'-]{3,}", text)
    return list(dict.fromkeys(word for word in found if word.lower() not in STOP))


def subjects(row: Row) -> list[str]:
    """What the dialogue is about, in small letters: words behind an article or the like, else its longer words."""
    names = {part.lower() for name in speakers(row) for part in name.split()}
    text = " ".join(said for _, said in turns(row))
    nouns = re.findall(r"(?i)\b(?:the|an?|my|your|our|some|this|his|her|for|about)\s+([a-z]{4,})", text)
    found = [word.lower() for word in nouns if word.lower() not in STOP | names]
    found = found or [word.lower() for word in content(text) if word.lower() not in names]
    return list(dict.fromkeys(found)) or ["plans"]


def rename(text: str, names: dict[str, str]) -> str:
    """The text with every name of the mapping replaced, all at once."""
    keys = sorted((key for key in names if key), key=len, reverse=True)
    if not keys:
        return text
    pattern = r"(?<!\w)(" + "|".join(map(re.escape, keys)) + r")(?!\w)"
    return re.sub(pattern, lambda match: names[match[1]], text)


def pieces(text: str, rng: random.Random) -> list[str]:
    """Subword pieces as a tokenizer cuts them: a piece that starts a word starts with a space."""
    found: list[str] = []
    for chunk in re.findall(r"\s*(?:\w+|[^\w\s]+)|\s+$", text):
        size = rng.choice((4, 5, 6)) if len(chunk.strip()) > 7 else len(chunk)
        found.extend(chunk[start : start + size] for start in range(0, len(chunk), max(size, 1)))
    return found


def cap(text: str, limit: int, rng: random.Random) -> str:
    """The text's first pieces, as a limit on new tokens leaves them."""
    return "".join(pieces(text, rng)[:limit])


def lower_first(text: str, names: Iterable[str] = ()) -> str:
    """The text with a small first letter, unless its first word is all capitals or it starts with one of the names."""
    if text[:2].isupper() or text.startswith(tuple(names)) or re.match(r"I\b", text):
        return text
    return text[:1].lower() + text[1:]
