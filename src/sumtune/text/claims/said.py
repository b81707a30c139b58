"""Index the words of a dialogue by who says them, to whom, and of whom."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sumtune.text.claims.negated import negated_words
from sumtune.text.claims.people import NOBODY, addressees, find_names, split_turns
from sumtune.text.claims.stems import content_stem, word_set

__all__ = ["PERSONS", "Said", "Use", "index_dialogue", "tokens_of"]

CACHED_DIALOGUES = 64
"""The candidate summaries of a batch of dialogues are checked one after another."""
TOKEN = re.compile(r"#?[^\W\d_]+(?:\d+#)?(?:'[^\W\d_]+)*|\d+(?:[.,:]\d+)*|[.!?…]+|\S")

PERSONS = ("I", "my", "you", "your", "we", "third", "named", "order", "me", "none", "next I", "next you", "next other")
"""Whom a sentence speaks of where it uses a word: the person before the word; for an order (`Bring the tent`), the
addressee; without a person before the word, the next one after it."""
_PERSON_WORDS = {
    "I": "i i'm i'll i've i'd im ive iam mine myself imma",
    "my": "my",
    "you": "you you're you'll you've you'd u ya youre yourself ur yours",
    "your": "your",
    "we": "we we're we'll we've we'd our let's lets ours",
    "third": "he she they it he's she's they're he'll she'll they'll him her them his their",
    "me": "me us",
}
PERSON_OF = {word: kind for kind, words in _PERSON_WORDS.items() for word in words.split()}
ORDERS = word_set("""
    get take bring grab let go come call tell send give pick check try ask put keep wait look buy make don't dont meet
    show use remember add stop leave help start turn find text write read watch do talk order book drop forget enjoy
    listen imagine visit print follow change move clean cook eat drink sit stay stand hurry pass hold open close fill
    sign click press push pull
""")
"""Verbs that begin an order."""
BEFORE_ORDERS = word_set(", please just then ok okay so and but well yes yeah sure also now first alright oh no")
SENTENCE_END = re.compile(
    rf"(?<=[.!?])\s+|(?<=,)\s+(?=(?:please|just|{'|'.join(sorted(ORDERS - {'do', 'talk', 'imagine'}))})\b)"
)
LONGEST_LOOK_AHEAD = 4


class Use(NamedTuple):
    """One use of a content word in the dialogue."""

    turn: int
    sentence: int
    speaker: int
    addressee: int
    person: str
    """One of `PERSONS`."""
    named: int
    """The speaker that is named, if `person` is `named`."""
    question: bool
    negated: bool


@dataclass(frozen=True)
class Said:
    """What a dialogue says, by content word."""

    speakers: tuple[str, ...]
    names: dict[str, int]
    """Index of the speaker that each lower-case name means."""
    uses: dict[str, list[Use]]
    """The uses of each stem, in order."""
    turns: tuple[tuple[str, str], ...]
    prefixes: frozenset[str]
    """The first four letters of each stem."""


def tokens_of(text: str) -> list[str]:
    """Return the words, numbers and marks of `text` in lower case."""
    found: list[str] = TOKEN.findall(text.lower())
    return found


@lru_cache(CACHED_DIALOGUES)
def index_dialogue(dialogue: str) -> Said:
    """Return the index of `dialogue`.

    >>> said = index_dialogue("Ann: Can you bring the tent?\\nBob: I sold it.")
    >>> [(use.person, use.question) for use in said.uses["tent"]], said.uses["sell"][0].speaker
    ([('you', True)], 1)
    """
    turns = split_turns(dialogue)
    speakers = tuple(dict.fromkeys(label for label, _ in turns if label))
    names = find_names(turns, speakers)
    index_of = {label: index for index, label in enumerate(speakers)}
    speaking = [index_of.get(label, NOBODY) for label, _ in turns]
    spoken_to = addressees(turns, speaking, names)
    uses: dict[str, list[Use]] = {}
    sentences = 0
    for turn, (_, text) in enumerate(turns):
        for sentence in SENTENCE_END.split(text):
            words = tokens_of(sentence)
            question = "?" in sentence
            spoken_of = _persons(words, names, question)
            for word, (person, named), negated in zip(words, spoken_of, negated_words(words), strict=True):
                stem = content_stem(word) if word[0].isalnum() else None
                if stem is not None:
                    place = (turn, sentences, speaking[turn], spoken_to[turn])
                    uses.setdefault(stem, []).append(Use(*place, person, named, question, negated))
            sentences += 1
    return Said(speakers, names, uses, tuple(turns), frozenset(stem[:4] for stem in uses if len(stem) >= 4))


def _persons(words: list[str], names: dict[str, int], question: bool) -> list[tuple[str, int]]:
    """Return whom the sentence speaks of at each word, and the speaker if it is by name."""
    marks = [_person(word, names) for word in words]
    order = not question and _is_order(words, marks)
    found: list[tuple[str, int]] = []
    last, object_only = ("none", NOBODY), False
    for place, mark in enumerate(marks):
        if order and last[0] in ("none", "my", "your", "named"):
            found.append(("order", NOBODY))
        elif last[0] != "none":
            found.append(last)
        else:
            found.append(("me", NOBODY) if object_only else _next_person(marks, place))
        if mark is not None and mark[0] == "me":
            object_only = True
        elif mark is not None:
            last = mark
    return found


def _person(word: str, names: dict[str, int]) -> tuple[str, int] | None:
    kind = PERSON_OF.get(word)
    if kind is not None:
        return kind, NOBODY
    return ("named", names[word]) if word in names else None


def _is_order(words: list[str], marks: list[tuple[str, int] | None]) -> bool:
    for word, mark in zip(words, marks, strict=True):
        if word in ORDERS:
            return True
        if word not in BEFORE_ORDERS and (mark is None or mark[0] != "named"):
            return False
    return False


def _next_person(marks: list[tuple[str, int] | None], place: int) -> tuple[str, int]:
    for mark in marks[place + 1 : place + 1 + LONGEST_LOOK_AHEAD]:
        if mark is not None:
            kind = {"I": "next I", "my": "next I", "you": "next you", "your": "next you"}.get(mark[0], "next other")
            return kind, NOBODY
    return "none", NOBODY
