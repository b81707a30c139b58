"""Find what a summary says differently from its dialogue: the subject of a clause, a number, or a negation."""

from dataclasses import dataclass
from typing import Literal

from sumtune.text.claims.clauses import Clause, split_clauses
from sumtune.text.claims.negation import opposite_statements
from sumtune.text.claims.quantities import misplaced_numbers
from sumtune.text.claims.said import Said, index_dialogue
from sumtune.text.claims.support import unsupported_sentences
from sumtune.text.claims.who import wrong_subject
from sumtune.text.mentions import ENGLISH, language_of_conversation, unsupported_in

__all__ = ["Inconsistency", "inconsistencies", "inconsistencies_in_english"]


@dataclass(frozen=True)
class Inconsistency:
    """A part of a summary that its dialogue does not support."""

    kind: Literal["name", "number", "subject", "negation", "sentence"]
    text: str
    start: int
    """Index of the first character, in Unicode code points."""
    end: int
    """Index after the last character."""
    reason: str


def inconsistencies(summary: str, dialogue: str) -> list[Inconsistency]:
    """Return what `dialogue` does not support, in the order of the summary.

    In languages other than English, only names and numbers are checked.

    >>> dialogue = "Ann: I will bring the tent on Friday.\\nBob: Great, I bought the gas for the stove."
    >>> [(one.kind, one.text) for one in inconsistencies("Bob will bring the tent to Oslo on Friday.", dialogue)]
    [('subject', 'Bob'), ('name', 'Oslo')]
    """
    language = language_of_conversation(summary, dialogue)
    found = [
        Inconsistency(one.kind, one.text, one.start, one.end, f"This {one.kind} is not in the dialogue.")
        for one in unsupported_in(language, summary, dialogue)
    ]
    if language == ENGLISH:
        found += inconsistencies_in_english(summary, dialogue)
    return sorted(found, key=lambda one: one.start)


def inconsistencies_in_english(summary: str, dialogue: str) -> list[Inconsistency]:
    """Return wrong subjects, misplaced numbers, opposite statements and unsupported sentences, in the summary's order.

    >>> dialogue = "Ann: I will bring the tent on Friday.\\nBob: Great, I bought the gas for the stove."
    >>> [one.reason for one in inconsistencies_in_english("Bob will bring the tent on Friday.", dialogue)]
    ['The dialogue says this of Ann.']
    """
    said = index_dialogue(dialogue)
    found = [one for clause in split_clauses(summary, said.names) if (one := _subject(clause, said)) is not None]
    found += [
        Inconsistency(
            "number",
            summary[number.start : number.end],
            number.start,
            number.end,
            f"The dialogue says {other.value} here and this number of something else.",
        )
        for number, other in misplaced_numbers(summary, dialogue)
    ]
    found += [
        Inconsistency("negation", summary[one.start : one.end], one.start, one.end, "The dialogue says the opposite.")
        for one in opposite_statements(summary, said)
    ]
    found += [
        Inconsistency("sentence", summary[start:end], start, end, "The dialogue has hardly a word of this sentence.")
        for start, end in unsupported_sentences(summary, said)
    ]
    return sorted(found, key=lambda one: one.start)


def _subject(clause: Clause, said: Said) -> Inconsistency | None:
    subject = clause.subject
    if clause.names_subject_again:
        reason = f"{subject.text} is the subject and the object."
    elif (speaker := wrong_subject(clause, said)) is not None:
        reason = f"The dialogue says this of {said.speakers[speaker]}."
    else:
        return None
    return Inconsistency("subject", subject.text, subject.start, subject.end, reason)
