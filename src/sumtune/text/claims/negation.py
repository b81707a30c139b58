"""Find statements of a summary that the dialogue says with the opposite polarity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.text.claims.negated import negated_words
from sumtune.text.claims.said import Said, Use, tokens_of
from sumtune.text.claims.stems import content_stem, word_set

__all__ = ["Statement", "opposite_statements", "statements"]

SEGMENT_END = re.compile(
    r"(?<=[.!?])\s+|[,;]\s+|\s(?=(?:and|but|because|as|so|while|although|though|since|if|when|until|unless|before|"
    r"that|who|which|whether|due|instead|than|rather)\b)"
)
CONDITIONS = word_set("if whether unless until before than instead rather but only")
"""Statements with these words assert less than they say."""
LEAST_SHARED = 3
LEAST_SHARE = 0.75
"""Content words of a statement that a sentence of the dialogue must share, and their least share."""
RIVAL_SHARE = 0.5
"""A sentence counts, too, if it shares at least this part of the words that the best one shares."""
YES = word_set("yes yeah yep yup sure ok okay course absolutely definitely right")
NO = word_set("no nope nah not never unfortunately")
NO_MEANS_YES = (["no", "problem"], ["no", "worries"])
OPEN_QUESTIONS = word_set("who what when where why how which should")
"""Words of questions that yes or no does not answer, or that propose something."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a summary that states one thing."""

    start: int
    end: int
    stems: dict[str, bool]
    """Stems of the content words, and whether each is denied."""


def opposite_statements(summary: str, said: Said) -> list[Statement]:
    """Return the statements that deny what the dialogue says, or say what it denies.

    >>> from sumtune.text.claims.said import index_dialogue
    >>> said = index_dialogue("Ann: I sold the old red tent yesterday.\\nBob: Pity.")
    >>> [sorted(one.stems) for one in opposite_statements("Ann did not sell the old red tent.", said)]
    [['ann', 'old', 'red', 'sell', 'tent']]
    """
    names = {content_stem(name) for name in said.names}
    return [one for one in statements(summary) if _is_opposite(one, said, names)]


def statements(summary: str) -> list[Statement]:
    """Return the statements of `summary`, without conditions."""
    found = []
    start = 0
    for end in [*(match.start() for match in SEGMENT_END.finditer(summary)), len(summary)]:
        words = tokens_of(summary[start:end].replace("’", "'"))
        if CONDITIONS.isdisjoint(words):
            denied = zip(words, negated_words(words), strict=True)
            stems = {stem: no for word, no in denied if word[0].isalnum() and (stem := content_stem(word)) is not None}
            text = summary[start:end]
            first = start + len(text) - len(text.lstrip())
            found.append(Statement(first, start + len(text.rstrip()), stems))
        start = end
    return found


def _is_opposite(statement: Statement, said: Said, names: set[str | None]) -> bool:
    stems = {stem: denied for stem, denied in statement.stems.items() if stem not in names}
    shared: dict[int, dict[str, Use]] = {}
    for stem in stems:
        for use in said.uses.get(stem, ()):
            shared.setdefault(use.sentence, {})[stem] = use
    most = max(map(len, shared.values()), default=0)
    if most < LEAST_SHARED or most < LEAST_SHARE * len(stems):
        return False
    rivals = (uses for uses in shared.values() if len(uses) >= RIVAL_SHARE * most)
    return all(_contradicts(stems, uses, said.turns) for uses in rivals)


def _contradicts(stems: dict[str, bool], uses: dict[str, Use], turns: Sequence[tuple[str, str]]) -> bool:
    """Return whether a sentence of the dialogue, with its answer if it is a question, says the opposite."""
    first = next(iter(uses.values()))
    answer = _answer(first.turn, turns) if first.question else False
    if answer is None:
        return False
    written = any(stems[stem] for stem in uses)
    spoken = any(use.negated for use in uses.values()) or answer
    return written != spoken


def _answer(turn: int, turns: Sequence[tuple[str, str]]) -> bool | None:
    """Return whether the next turn answers no; None if it answers neither yes nor no."""
    if turn + 1 >= len(turns) or turns[turn + 1][0] == turns[turn][0]:
        return None
    if not OPEN_QUESTIONS.isdisjoint(tokens_of(turns[turn][1])):
        return None
    first = tokens_of(turns[turn + 1][1])[:2]
    if first[:2] in NO_MEANS_YES:
        return False
    return next((word in NO for word in first if word in NO or word in YES), None)
