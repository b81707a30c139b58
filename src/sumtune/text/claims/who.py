"""Find clauses of a summary that name one speaker as the subject where the dialogue says the same about another."""

from collections import defaultdict
from collections.abc import Iterable

from sumtune.text.claims.clauses import VERBS, Clause, Verb
from sumtune.text.claims.said import Said, Use

__all__ = ["wrong_subject"]

_WEIGHTS: dict[str, tuple[float, ...]] = {
    #               ask  direct tell  own  joint toward should question
    "I":          ( 0.4,  0.5,  0.2,  1.2,  0.4,  0.8,  0.7, -0.2),
    "my":         ( 0.3,  0.4,  0.4,  0.9,  0.3,  0.2,  0.4, -0.3),
    "you":        ( 0.9,  0.5,  0.2, -0.2, -0.1,  0.0, -0.1, -0.3),
    "your":       ( 0.2,  0.2,  0.2, -0.3,  0.1,  0.2,  0.2, -0.1),
    "we":         ( 0.1,  0.4,  0.5,  0.3,  0.5,  0.4,  0.1,  0.5),
    "third":      ( 0.2,  0.4,  0.5,  0.3,  0.4,  0.3,  0.1, -0.2),
    "named":      (-0.1, -0.1, -0.2,  0.1,  0.0,  0.0,  0.0, -0.1),
    "order":      ( 0.3,  0.7, -0.1, -0.2,  0.0, -0.1, -0.3,  0.0),
    "me":         ( 0.0,  0.1,  0.2,  0.1, -0.2, -0.2,  0.2,  0.0),
    "none":       ( 0.1,  0.7,  0.4,  0.5,  0.1,  0.3,  0.0, -0.3),
    "next I":     ( 0.0,  0.0,  0.2,  0.5,  0.1,  0.1,  0.2, -0.1),
    "next you":   ( 0.0,  0.1, -0.1,  0.2,  0.0,  0.0,  0.0,  0.1),
    "next other": ( 0.1,  0.1,  0.3,  0.2,  0.3,  0.1,  0.1, -0.2),
}  # fmt: skip
"""What a shared word says about the subject, by the person in the sentence of the dialogue (rows, `PERSONS`) and the
verb of the clause (columns, `VERBS`; the last one is added for a question): above 0 for the speaker of the sentence,
below 0 for the addressee. For `named`, it is about the named person. Fitted by logistic regression to 2,800 clauses of
summaries by people (which of the speakers is the subject?) and rounded to tenths."""
WEIGHTS = {
    (person, verb, question): row[column] + row[-1] * question
    for person, row in _WEIGHTS.items()
    for column, verb in enumerate(VERBS)
    for question in (False, True)
}
CERTAINTY = 2.0
"""Least evidence for another speaker, in log-odds."""
DIRECT = ("I", "my", "you", "your", "we", "order", "next I", "next you")
LEAST_DIRECT = 0.9
"""Least part of the evidence from sentences about the speaker or the addressee (`DIRECT`)."""
DOUBLE = 2.0
"""Evidence for the subject counts twice, so that a clause with evidence on both sides stays unmarked."""


def wrong_subject(clause: Clause, said: Said) -> int | None:
    """Return the speaker who fits the clause much better than its subject; None if the subject fits or it is unclear.

    The words that clause and dialogue share are the evidence. A word counts more if it is rarer in the dialogue, and in
    turns that share more words with the clause. `I` in a turn speaks for its speaker, `you` for its addressee.
    """
    uses = {stem: said.uses[stem] for stem in clause.stems if stem in said.uses}
    if not uses or len(said.speakers) < 2:
        return None
    subject = clause.subject.speaker or 0
    overlap = _overlap(uses.values())
    evidence = [_evidence(found, clause.verb, overlap) for found in uses.values()]
    certainty, speaker = max(
        (sum(_lead(one, speaker, subject) for one, _ in evidence), speaker)
        for speaker in range(len(said.speakers))
        if speaker != subject
    )
    direct = sum(max(0.0, _lead(one, speaker, subject)) for _, one in evidence)
    return speaker if certainty > CERTAINTY and direct > LEAST_DIRECT else None


def _overlap(uses: Iterable[list[Use]]) -> dict[int, float]:
    """Return for each turn the weight of the words that it shares with the clause, relative to the best turn."""
    weights: defaultdict[int, float] = defaultdict(float)
    for found in uses:
        turns = {use.turn for use in found}
        for turn in turns:
            weights[turn] += 1 / len(turns)
    most = max(weights.values())
    return {turn: weight / most for turn, weight in weights.items()}


def _evidence(uses: list[Use], verb: Verb, overlap: dict[int, float]) -> tuple[dict[int, float], dict[int, float]]:
    """Return what one shared word says for each speaker, all of it and the `DIRECT` part.

    It is a mean over the uses of the word, by the weight of their turns.
    """
    share = [overlap[use.turn] ** 2 for use in uses]
    rarity = len({use.turn for use in uses}) ** -0.5 / sum(share)
    total: defaultdict[int, float] = defaultdict(float)
    direct: defaultdict[int, float] = defaultdict(float)
    for use, part in zip(uses, share, strict=True):
        weight = part * rarity * WEIGHTS[use.person, verb, use.question]
        for evidence in (total, direct) if use.person in DIRECT else (total,):
            if use.person == "named":
                evidence[use.named] += weight
            else:
                evidence[use.speaker] += weight
                evidence[use.addressee] -= weight
    return total, direct


def _lead(evidence: dict[int, float], speaker: int, subject: int) -> float:
    lead = evidence.get(speaker, 0.0) - evidence.get(subject, 0.0)
    return lead if lead > 0 else DOUBLE * lead
