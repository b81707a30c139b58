"""Split a summary into clauses: who is the subject, what kind of verb follows, and what the clause is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from sumtune.text.claims.stems import content_stem, word_set

__all__ = ["VERBS", "Clause", "Verb", "Word", "split_clauses"]

Verb = Literal["ask", "direct", "tell", "own", "joint", "toward", "should"]
"""What the subject does: asks; asks somebody else to act; says; acts alone, with or toward another speaker; has to
act."""
VERBS: tuple[Verb, ...] = get_args(Verb)

TOKEN = re.compile(r"#?[^\W_]+#?(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*|\S")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
ENDING = re.compile(r"'(?:s|ll|d|ve|re)$")
ASK = word_set("ask asks asked wonder wonders wondering inquire inquires")
DIRECT = word_set("""
    invite invites invited suggest suggests suggested recommend recommends recommended advise advises advised offer
    offers offered remind reminds reminded encourage encourages persuade persuades warn warns order orders request
    requests urge urges propose proposes
""")
TELL = word_set("""
    tell tells told say says said inform informs informed think thinks complain complains explain explains explained
    introduce introduces share shares show shows describe describes believe believes mention mentions admit admits claim
    claims let lets announce thank thanks apologize apologizes congratulate congratulates confirm confirms reassure
    assure recall
""")
UNCLEAR = word_set("help helps helped helping agrees agree agreed accepts refuses rejects declines")
"""Verbs after which a clause is about what another person does or says."""
TOGETHER = word_set("with meet meeting meets see seeing join joins joining")
BEFORE_SUBJECT = word_set("""
    and but so because as while that if when since whereas although though then , . ( ; - – :
""")
NOT_AFTER_SUBJECT = word_set("because as , . and or to at for in on with of after before ; : ) so but by from")
SELF_VERBS = word_set("thinks finds believes knows says feels")
"""Verbs after which the subject may be named again (`Ann thinks Ann should go`)."""
PRONOUN = re.compile(r"(?:he|she|they)(?:$|')|(?:who|which)$")
EXPLETIVE = re.compile(r"(?:it|there)(?:$|')")
LONGEST_OPENING = 6
"""Most words before the subject that belong to its clause (`On Friday, Ann …`)."""
FINITE = re.compile(r"[a-z]{3,}(?:s|ed)$")
JOINS = (",", "and", "&")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the summary and the speaker that it names."""

    text: str
    lower: str
    start: int
    end: int
    speaker: int | None
    """Index of the speaker; `UNKNOWN` for another capitalized word, None for an ordinary word."""


UNKNOWN = -2


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause whose subject is one speaker."""

    subject: Word
    verb: Verb
    stems: tuple[str, ...]
    """Stems of the content words, without the names of speakers."""
    names_subject_again: bool
    """Whether the next name after the subject is the same (`Ann meets Ann`)."""


def split_clauses(summary: str, names: Mapping[str, int]) -> list[Clause]:
    """Return the clauses of `summary` that begin with the name of one speaker.

    Clauses about several people or with a pronoun as subject are left out; their words do not count as part of the
    clause before.

    >>> clauses = split_clauses("Ann asks Bob to buy milk and she will pay. Bob is tired.", {"ann": 0, "bob": 1})
    >>> [(clause.subject.text, clause.verb, clause.stems) for clause in clauses]
    [('Ann', 'ask', ('buy', 'milk')), ('Bob', 'own', ('tired',))]
    """
    found: list[Clause] = []
    start = 0
    for part in SENTENCE_END.split(summary):
        start = summary.index(part, start)
        found += _in_sentence(_words(part, start, names))
        start += len(part)
    return found


def _words(sentence: str, offset: int, names: Mapping[str, int]) -> list[Word]:
    words: list[Word] = []
    for match in TOKEN.finditer(sentence):
        text = match.group()
        lower = text.lower().replace("’", "'")
        speaker = None
        if text[0].isupper() or text[0] == "#":
            unknown = UNKNOWN if words and content_stem(lower) is not None else None
            speaker = names.get(ENDING.sub("", lower), unknown)
        words.append(Word(text, lower, offset + match.start(), offset + match.end(), speaker))
    return words


def _in_sentence(words: Sequence[Word]) -> list[Clause]:
    starts = _subjects(words)
    found = []
    for number, (place, is_one_person) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(words)
        if is_one_person:
            bounds = [place, *_more_verbs(words, place, end), end]
            for first, last in pairwise(bounds):
                before = words[:place] if number == 0 and first == place <= LONGEST_OPENING else ()
                if (clause := _clause(words, place, first, last, before)) is not None:
                    found.append(clause)
    return found


def _subjects(words: Sequence[Word]) -> list[tuple[int, bool]]:
    """Return where each clause begins, and whether its subject is exactly one named speaker."""
    grouped = _groups(words)
    starts: list[tuple[int, bool]] = []
    for place, word in enumerate(words):
        if not _is_speaker(word):
            begins = place == 0 or words[place - 1].lower in BEFORE_SUBJECT
            if PRONOUN.match(word.lower) or (begins and EXPLETIVE.match(word.lower)):
                starts.append((place, False))
            continue
        before = words[place - 1] if place else None
        after = words[place + 1].lower if place + 1 < len(words) else "."
        in_group = place in grouped
        same_name = before is not None and before.speaker == word.speaker
        if same_name or (in_group and place - 1 in grouped) or (after in NOT_AFTER_SUBJECT and not in_group):
            continue
        if in_group or before is None or before.lower in BEFORE_SUBJECT:
            owner = word.lower.endswith("'s") and not after.endswith("ing")
            starts.append((place, not in_group and not owner))
    return starts


def _groups(words: Sequence[Word]) -> set[int]:
    """Return the places of the words in lists of names such as `Ann, Bob and Cid`."""
    named = [word.speaker is not None for word in words]
    if len(words) > 1 and words[1].lower in JOINS:
        named[0] = words[0].text[0].isupper() or named[0]
    grouped: set[int] = set()
    place = 0
    while place < len(words):
        if named[place]:
            last = end = _end_of_name(named, place)
            while (after := _next_in_list(words, named, last)) is not None:
                last = _end_of_name(named, after)
            if any(word.lower in ("and", "&") for word in words[end:last]):
                grouped |= set(range(place, last + 1))
            place = last
        place += 1
    return grouped


def _end_of_name(named: Sequence[bool], place: int) -> int:
    while place + 1 < len(named) and named[place + 1]:
        place += 1
    return place


def _next_in_list(words: Sequence[Word], named: Sequence[bool], place: int) -> int | None:
    if place + 2 < len(words) and words[place + 1].lower in JOINS and named[place + 2]:
        return place + 2
    comma_and = [word.lower for word in words[place + 1 : place + 3]] == [",", "and"]
    return place + 3 if comma_and and place + 3 < len(words) and named[place + 3] else None


def _is_speaker(word: Word) -> bool:
    return word.speaker is not None and word.speaker != UNKNOWN


def _more_verbs(words: Sequence[Word], place: int, end: int) -> list[int]:
    """Return where `and` or `but` adds another verb to the same subject."""
    return [
        at
        for at in range(place + 3, end - 1)
        if words[at].lower in ("and", "but") and FINITE.match(words[at + 1].lower) and words[at + 1].speaker is None
    ]


def _clause(words: Sequence[Word], subject: int, first: int, end: int, before: Sequence[Word]) -> Clause | None:
    verb = _verb(words, words[subject].speaker, first, end)
    if verb is None:
        return None
    stems = [
        stem
        for word in (*before, *words[first + 1 : end])
        if not _is_speaker(word) and word.lower[0].isalnum()
        if (stem := content_stem(word.lower)) is not None
    ]
    again = first == subject and _names_again(words, subject, end)
    return Clause(words[subject], verb, tuple(dict.fromkeys(stems)), again)


def _names_again(words: Sequence[Word], subject: int, end: int) -> bool:
    if subject + 1 < end and words[subject + 1].lower in SELF_VERBS:
        return False
    for place in range(subject + 1, end):
        if (speaker := words[place].speaker) is not None:
            own = words[place].lower.endswith("'s") or words[place - 1].speaker is not None
            return speaker == words[subject].speaker and not own
    return False


def _verb(words: Sequence[Word], subject: int | None, first: int, end: int) -> Verb | None:
    """Return the kind of the verb after `first`; None if it says little about who acts."""
    near = [word.lower for word in words[first + 1 : min(end, first + 5)]]
    listed: tuple[tuple[frozenset[str], Verb], ...] = ((ASK, "ask"), (DIRECT, "direct"), (TELL, "tell"))
    for lower in near:
        if lower in UNCLEAR:
            return None
        for verbs, kind in listed:
            if lower in verbs:
                return kind
    others = [
        place for place in range(first + 1, end) if words[place].speaker is not None and words[place].speaker != subject
    ]
    if "know" in near and "to" in near:
        return "ask"
    if not {"wants", "want", "needs"}.isdisjoint(near) and any(place < first + 4 for place in others):
        return "direct"
    if near[:1] and (
        near[0] in ("should", "shouldn't", "must")
        or "supposed" in near
        or (near[0] in ("has", "needs", "need") and near[1:2] == ["to"])
    ):
        return "should"
    if any(words[place - 1].lower in TOGETHER for place in others):
        return "joint"
    return "toward" if others else "own"
