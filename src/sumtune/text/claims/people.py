"""The speakers of a dialogue, and the other names by which they are called."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sumtune.text.claims.stems import content_stem, word_set

__all__ = ["NOBODY", "addressees", "find_names", "split_turns"]

NOBODY = -1
"""Index of an unknown speaker or addressee."""
LONGEST_NAME = 40
MOST_NAME_WORDS = 4

_NAME = r"((?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-ZÀ-Þ][a-zß-ÿ]+)"
_GREETING = (
    "hi|hello|hey|thanks|thank you|bye|goodbye|morning|afternoon|evening|night|welcome|sorry|yes|no|well|ok|okay|so|"
    "dear|sure|congratulations|please"
)
VOCATIVES = (
    re.compile(rf"\b(?i:{_GREETING}),? {_NAME}\s*(?:[.,!?]|$)"),
    re.compile(rf", {_NAME}\s*[.!?]"),
    re.compile(r"^([A-ZÀ-Þ][a-zß-ÿ]+), "),
)
"""Where a turn names the person it speaks to: `Hi, Ann.`, `Thanks, Ann!`, `Ann, can you`."""
OWN_NAME = re.compile(rf"\b(?i:my name is|my name's|this is|i am|i'm|call me)\s+{_NAME}(?: ([A-ZÀ-Þ][a-zß-ÿ]+))?")
CAPITALIZED = re.compile(r"[A-ZÀ-Þ][a-zß-ÿ]+|#[A-Za-z0-9]+#?")
NOT_NAMES = word_set("""
    mom dad mum honey dear sir madam boss man dude bro thanks god sure great good yes well really right monday tuesday
    wednesday thursday friday saturday sunday christmas
""")


def split_turns(dialogue: str) -> list[tuple[str, str]]:
    """Return the speaker and the text of each turn; a line without a speaker belongs to the turn before.

    >>> split_turns("Ann: Hi\\nsee you\\nBob: Bye")
    [('Ann', 'Hi'), ('Ann', 'see you'), ('Bob', 'Bye')]
    """
    turns: list[tuple[str, str]] = []
    for line in dialogue.replace("’", "'").split("\n"):
        label, colon, text = line.partition(":")
        label = label.strip()
        if (
            colon
            and not text.startswith("//")
            and 0 < len(label) <= LONGEST_NAME
            and label.count(" ") < MOST_NAME_WORDS
        ):
            turns.append((label, text.strip()))
        else:
            turns.append((turns[-1][0] if turns else "", line.strip()))
    return turns


def find_names(turns: Sequence[tuple[str, str]], speakers: Sequence[str]) -> dict[str, int]:
    """Return the index of the speaker that each lower-case name means.

    Names are the labels of the turns and their first and last words, names by which one of two speakers calls the
    other, and names by which speakers introduce themselves. A name that may mean two speakers is left out.
    """
    meant: defaultdict[str, set[int]] = defaultdict(set)
    for index, label in enumerate(speakers):
        words = label.lower().split()
        for name in {label.lower(), words[0], words[-1]}:
            meant[name].add(index)
    labels = frozenset(meant)
    index_of = {label: index for index, label in enumerate(speakers)}
    for label, text in turns:
        if label:
            for name, index in _named_in(text, index_of[label], len(speakers)):
                if name not in labels:
                    meant[name].add(index)
    return {name: next(iter(found)) for name, found in meant.items() if len(found) == 1}


def _named_in(text: str, speaker: int, count: int) -> list[tuple[str, int]]:
    found = [(name, speaker) for match in OWN_NAME.finditer(text) for name in match.groups() if name]
    if count == 2:
        found += [(match.group(1), 1 - speaker) for pattern in VOCATIVES for match in pattern.finditer(text)]
    names = ((name.split()[-1].lower(), index) for name, index in found)
    return [(name, index) for name, index in names if name not in NOT_NAMES and content_stem(name) is not None]


def addressees(turns: Sequence[tuple[str, str]], speaking: Sequence[int], names: Mapping[str, int]) -> list[int]:
    """Return the index of the person that each turn speaks to: whom it names, or who spoke before or speaks next."""
    if len(set(speaking)) == 2 and NOBODY not in speaking:
        return [1 - speaker for speaker in speaking]
    before = _last_others(speaking)
    after = _last_others(speaking[::-1])[::-1]
    return [
        _addressee(text, speaker, names, others)
        for (_, text), speaker, *others in zip(turns, speaking, before, after, strict=True)
    ]


def _last_others(speaking: Sequence[int]) -> list[int]:
    """Return for each turn who spoke last before it, apart from its own speaker."""
    found: list[int] = []
    for place, speaker in enumerate(speaking):
        last = speaking[place - 1] if place else NOBODY
        found.append(found[-1] if place and last == speaker else last)
    return found


def _addressee(text: str, speaker: int, names: Mapping[str, int], others: Sequence[int]) -> int:
    for word in CAPITALIZED.findall(text):
        if names.get(word.lower(), speaker) != speaker:
            return names[word.lower()]
    before, after = others
    return after if after != NOBODY and (before == NOBODY or "?" in text) else before
