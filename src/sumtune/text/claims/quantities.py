"""Find numbers in a summary that stand for something else in the dialogue."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sumtune.text.claims.people import split_turns
from sumtune.text.claims.stems import content_stem, word_set
from sumtune.text.numbers import ENGLISH_VALUES, value

__all__ = ["Quantity", "misplaced_numbers"]

CACHED_DIALOGUES = 64
TOKEN = re.compile(r"#\w+#?|[<:]3|[ap]\.m\b\.?|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[$£€%]|[.!?]+|\S")
WINDOW = 6
"""Words before and after a number that say what it counts."""
CLOCK = word_set("am pm a.m. p.m. a.m p.m o'clock oclock clock")
BEFORE_CLOCK = word_set("at around by until till after before from about to between past")
MONEY = word_set("$ £ € euro pound dollar cent buck")
DURATION = word_set("second minute hour day week month year")
UNITS = DURATION | {"clock", "money", "%"}
LATEST_HOUR = 24
FEW_TURNS = 2
LEAST_LEAD = 1.0
"""How much better another number must fit before a number counts as misplaced."""
SAME_UNIT = 1.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit and the content words near it."""

    value: str
    unit: str
    """`clock`, `money`, `%`, the stem of the word after the number, or nothing."""
    start: int
    end: int
    near: frozenset[str]
    turn: int


def misplaced_numbers(summary: str, dialogue: str) -> list[tuple[Quantity, Quantity]]:
    """Return the misplaced numbers of `summary`, each with a number of the dialogue that fits its place much better.

    >>> dialogue = "Ann: The tickets cost 20 euros each.\\nBob: The bus to the stadium leaves at 7."
    >>> [(one.value, other.value) for one, other in misplaced_numbers("The tickets cost 7 euros.", dialogue)]
    [('7', '20')]
    """
    written = _quantities(summary, -1)
    if not written:
        return []
    spoken, turns = _spoken(dialogue)
    taken = {one.value for one in written}
    found = []
    for one in written:
        own = [other for other in spoken if other.value == one.value]
        if own:
            best = max(_fit(one, other, turns, FEW_TURNS, 1) for other in own)
            corrected = {turn for reply in own for turn in _corrected_turns(reply)}
            rivals = [
                (_fit(one, other, turns, 1, 0), other)
                for other in spoken
                if other.value not in taken and other.turn not in corrected
                if other.unit == one.unit or all(other.turn != use.turn for use in own)
            ]
            lead, rival = max(rivals, key=lambda pair: pair[0], default=(0.0, None))
            if rival is not None and lead - best >= LEAST_LEAD:
                found.append((one, rival))
    return found


def _corrected_turns(reply: Quantity) -> range:
    """Return the turns whose numbers a bare number may replace (`At 7? – Rather 8.`)."""
    bare = len(reply.near) <= 1 and reply.unit not in UNITS
    return range(reply.turn - FEW_TURNS, reply.turn) if bare else range(0)


def _fit(written: Quantity, spoken: Quantity, turns: Sequence[frozenset[str]], before: int, after: int) -> float:
    """Return how well a spoken number fits the place of a written one: unit, and words shared with turns around it."""
    unit = 0.0
    if written.unit and spoken.unit:
        known = written.unit in UNITS or spoken.unit in UNITS
        unit = SAME_UNIT if written.unit == spoken.unit else -SAME_UNIT * known
    around = frozenset().union(*turns[max(0, spoken.turn - before) : spoken.turn + 1 + after])
    return unit + len(written.near & spoken.near) + 0.5 * len(written.near & (around - spoken.near))


@lru_cache(CACHED_DIALOGUES)
def _spoken(dialogue: str) -> tuple[list[Quantity], list[frozenset[str]]]:
    quantities: list[Quantity] = []
    turns: list[frozenset[str]] = []
    for turn, (_, text) in enumerate(split_turns(dialogue)):
        quantities += _quantities(text, turn)
        turns.append(frozenset(filter(None, map(content_stem, TOKEN.findall(text.lower())))))
    return quantities, turns


def _quantities(text: str, turn: int) -> list[Quantity]:
    matches = list(TOKEN.finditer(text.replace("’", "'")))
    words = [match.group().lower() for match in matches]
    return [
        Quantity(number, _unit(words, place), *matches[place].span(), frozenset(_near(words, place)), turn)
        for place, number in _values(words)
    ]


def _values(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    for place, word in enumerate(words):
        if word[0].isdigit() or (word in ENGLISH_VALUES and word not in ("zero", "one")):
            yield place, value(word.replace(".", ":") if _is_clock(word, words, place) else word)


def _is_clock(word: str, words: Sequence[str], place: int) -> bool:
    return re.fullmatch(r"\d{1,2}\.[0-5]\d", word) is not None and words[place + 1 : place + 2] not in (["%"], ["km"])


def _unit(words: Sequence[str], place: int) -> str:
    after = words[place + 1] if place + 1 < len(words) else ""
    before = words[place - 1] if place else ""
    stem = content_stem(after) if after else None
    if before in MONEY or after in MONEY or stem in MONEY:
        return "money"
    if after in ("%", "percent"):
        return "%"
    if stem is not None and stem in DURATION:
        return stem
    if after in CLOCK or ":" in words[place]:
        return "clock"
    if before in BEFORE_CLOCK and not after.isalpha() and words[place].isdigit() and int(words[place]) <= LATEST_HOUR:
        return "clock"
    return stem if stem is not None and after.isalpha() else ""


def _near(words: Sequence[str], place: int) -> Iterator[str]:
    for word in (*words[max(0, place - WINDOW) : place], *words[place + 1 : place + 1 + WINDOW]):
        if word.isalpha() and (stem := content_stem(word)) is not None:
            yield stem
