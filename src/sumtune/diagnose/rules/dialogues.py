"""Faults of the dialogues: they lack what references and predictions agree about."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from operator import ne

import numpy as np

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.outliers import chance_of
from sumtune.diagnose.looks.shared_turns import with_turns_of_others
from sumtune.diagnose.looks.turn_order import in_other_order
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs import escapes, spacing, wrappers
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.repair import Repair, Row
from sumtune.diagnose.rules.damages import FEWEST_DAMAGED, Flags, main_damage
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.rules.lengths import says_nothing
from sumtune.diagnose.rules.misplaced_rows import LANGUAGE_ROWS, misplaced_rows
from sumtune.diagnose.text_features import TURN, content_words, how_many, looks_like_dialogue, share, speakers, words
from sumtune.text.words import CAPITALIZED, count_words

__all__ = ["dialogues_damaged"]

FEWEST = 5
DAMAGED_DIALOGUES = 0.05
"""Smallest share of damaged dialogues."""
MOST_DAMAGED = 0.5
"""Share of damaged dialogues from which the other rules judge the file as if it had none."""
AGREED = 2
"""Smallest number of names and long words that show what a reference and its prediction agree about."""
USUAL_SHARE = 0.3
"""A word that this share of the references have says nothing about a single dialogue."""
UNSAID = 0.2
"""Largest share of these words in a dialogue that is about something else."""
STATED = 0.5
"""Smallest share of a reference's names and long words in the dialogue that it is about."""
CHANCE_OF_FEW = 0.01
"""Largest probability that a dialogue, or several together, have so few of these words although they are sound."""
OTHER_LENGTH = 3.0
"""Largest ratio of the lengths of a prediction and its reference, if neither may be the dialogue."""
WORDS_OF_REFERENCE = 5
"""Smallest number of words of a reference that a dialogue does not end with by chance."""
WORDS_OF_CHAT = 20
"""Smallest number of words of a text without turns that must have been a conversation."""
OTHER_ORDER = "are in a different order from their references"
SAMPLE_OF_ORDER = 1_000
"""Number of dialogues whose order is checked first."""
SAMPLE = 200
"""Number of dialogues that show first whether a repair changes any."""

Agreed = tuple[int, int]
"""Number of agreed words in a dialogue, and number of agreed words."""
NUMBER = re.compile(r"\d")

REPAIRS = tuple(
    repair
    for repair in (*spacing.REPAIRS, *escapes.REPAIRS, *wrappers.REPAIRS)
    if repair.certain
    and (repair not in wrappers.REPAIRS or repair.name == "html_tags")
    and repair.name != "lines_folded"  # a message may go on in a new line
)
"""Repairs of damage to words: no chat looks like this."""


def dialogues_damaged(outputs: Outputs) -> Finding | None:
    """Dialogues that are empty, all the same, cut off, damaged, or about something other than both summaries."""
    if outputs.dialogues is None or len(outputs) < FEWEST:
        return None
    agreed = _agreed(outputs, outputs.dialogues)
    said = [found / count if count >= AGREED else None for found, count in agreed]
    damages = ((what, DAMAGED_DIALOGUES, bad, 0.0) for what, bad in _damages(outputs, outputs.dialogues, agreed))
    found = main_damage(damages, 0.0)
    if found is None:
        return None
    what, _, bad, _ = found
    is_style = what == OTHER_ORDER and in_other_order(outputs.dialogues, outputs.first_references)[1]
    few = share(bad) < MOST_DAMAGED and outputs.filtered([not one for one in bad])
    mine, others = (_mean(said, [one is wrong for one in bad]) for wrong in (True, False))
    means = {"said": mine, "said_others": others}
    return Finding(
        code="dialogues_damaged",
        title=f"{how_many(bad)} dialogues {what}",
        severity="weakness" if is_style else "fault",
        evidence=f"{sum(bad)} of the {len(bad)} dialogues {what}.{_agreement(mine, others)}",
        numbers={"share": share(bad)} | {name: value for name, value in means.items() if value is not None},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=few or replace(outputs, dialogues=None),
    )


def _agreed(outputs: Outputs, dialogues: tuple[str, ...]) -> list[Agreed]:
    """Return for each row how many names and long words that reference and prediction share are in the dialogue.

    The second number is how many they share, not counting the words of many references, such as "customer".
    """
    counts = Counter(word for text in outputs.first_references for word in content_words(text))
    usual = {word for word, count in counts.items() if count >= max(FEWEST, USUAL_SHARE * len(outputs))}
    rows = zip(outputs.first_references, outputs.predictions, dialogues, strict=True)
    shared = [
        (content_words(reference) & content_words(text) - usual, content_words(said)) for reference, text, said in rows
    ]
    return [(len(both & known), len(both)) for both, known in shared]


def _mean(said: list[float | None], chosen: Flags) -> float | None:
    values = [value for value, is_chosen in zip(said, chosen, strict=True) if is_chosen and value is not None]
    return float(np.mean(values)) if values else None


def _agreement(mine: float | None, others: float | None) -> str:
    if mine is None:
        return ""
    rest = "" if others is None else f", and {others:.0%} in the other dialogues"
    return (
        f" Of the names and long words that reference and prediction share, {mine:.0%} occur in them{rest} (means, not "
        "counting words that many references have)."
    )


def _damages(outputs: Outputs, dialogues: tuple[str, ...], agreed: Sequence[Agreed]) -> Iterator[tuple[str, Flags]]:
    """Yield what may be wrong with dialogues, and with which of them."""
    yield "hold no text", list(map(says_nothing, dialogues))
    unsaid = _unsaid(outputs, dialogues, agreed)
    yield "are the same text", _constant(dialogues, unsaid)
    sample, every = _as_predictions(outputs.sample(SAMPLE)), _as_predictions(outputs)
    for repair in REPAIRS:
        if any(_changed(sample, repair)):
            yield repair.what, _changed(every, repair)
    yield "have lost their turns and speakers", _without_turns(outputs, dialogues)
    yield "end with their reference", _with_reference(outputs, dialogues)
    yield "have turns of another row's dialogue", with_turns_of_others(dialogues)
    if not _one_language(outputs):
        return
    rows = list(zip(dialogues, outputs.first_references, outputs.predictions, strict=True))
    yield (
        "have fewer words than reference and prediction",
        [
            _are_summaries(reference, text) and count_words(said) < min(count_words(reference), count_words(text))
            for said, reference, text in rows
        ],
    )
    nameless = _without_names(outputs, dialogues)
    if not _say_less(agreed, nameless):
        nameless = [False] * len(rows)
    unordered = _unordered(outputs)
    if max(map(sum, (unsaid, nameless, unordered))) < FEWEST_DAMAGED or misplaced_rows(outputs) is not None:
        return
    yield (
        "have hardly a word that reference and prediction share",
        [wrong and _are_summaries(*texts) for wrong, (_, *texts) in zip(unsaid, rows, strict=True)],
    )
    yield "lack the names that reference and prediction share", nameless
    yield OTHER_ORDER, unordered


def _unordered(outputs: Outputs) -> Flags:
    """Return which dialogues are in a different order from their references; none unless predictions agree."""
    for judged in (outputs.sample(SAMPLE_OF_ORDER), outputs):
        dialogues = judged.dialogues or ()
        orders = [in_other_order(dialogues, texts)[0] for texts in (judged.first_references, judged.predictions)]
        if not all(map(any, orders)):
            return [False] * len(outputs)
    return orders[0]


def _unsaid(outputs: Outputs, dialogues: tuple[str, ...], agreed: Sequence[Agreed]) -> Flags:
    """Return which dialogues have hardly any word that reference and prediction share, and few of the reference.

    If a dialogue has most words of its reference, the prediction is about something else, and the words that it shares
    with the reference are such as "with" and "will".
    """
    texts = zip(outputs.first_references, dialogues, agreed, strict=True)
    bad = [
        count >= AGREED
        and found < UNSAID * count
        and len(content_words(reference) & content_words(dialogue)) < STATED * len(content_words(reference))
        for reference, dialogue, (found, count) in texts
    ]
    usual = _usual(agreed, bad)
    return [one and _chance(its, usual) <= CHANCE_OF_FEW for one, its in zip(bad, agreed, strict=True)]


def _usual(agreed: Sequence[Agreed], bad: Flags) -> float:
    """Return the share of the words on which reference and prediction agree in the dialogues that are not `bad`.

    It is 1 if most are bad, so that nothing is usual.
    """
    found, count = (sum(column) for column in zip(*agreed, strict=True))
    of_bad = [its for its, one in zip(agreed, bad, strict=True) if one]
    rest = count - sum(count for _, count in of_bad)
    return (found - sum(found for found, _ in of_bad)) / rest if rest and share(bad) < MOST_DAMAGED else 1.0


def _chance(agreed: Agreed, usual: float) -> float:
    """Return the probability that chance alone leaves so few of the agreed words in a dialogue (binomial test)."""
    found, count = agreed
    return chance_of(count - found, count, 1 - usual)


def _say_less(agreed: Sequence[Agreed], bad: Flags) -> bool:
    """Return whether the `bad` dialogues together have fewer of the agreed words than chance explains."""
    found, count = (sum(its[at] for its, one in zip(agreed, bad, strict=True) if one) for at in (0, 1))
    return _chance((found, count), _usual(agreed, bad)) <= CHANCE_OF_FEW


def _are_summaries(reference: str, text: str) -> bool:
    """Return whether neither text may be the dialogue: one with turns, or far longer than the other."""
    sizes = sorted(map(count_words, (reference, text)))
    return not any(map(looks_like_dialogue, (reference, text))) and sizes[1] <= OTHER_LENGTH * sizes[0]


def _constant(dialogues: tuple[str, ...], unsaid: Flags) -> Flags:
    """Return which dialogues are the most frequent text, unless the summaries of most of these rows are about it."""
    texts = list(map(normalize, dialogues))
    ((most, count),) = Counter(texts).most_common(1)
    bad = [text == most for text in texts]
    return (
        bad if 2 * sum(one and other for one, other in zip(bad, unsaid, strict=True)) >= count else [False] * len(bad)
    )


def _without_turns(outputs: Outputs, dialogues: tuple[str, ...]) -> Flags:
    """Return which dialogues are one long line without turns and without a name of their reference.

    None are if most dialogues have no turns. An e-mail among chats has the names of those who write it.
    """
    if share(map(looks_like_dialogue, dialogues)) <= 0.5:
        return [False] * len(dialogues)
    rows = zip(dialogues, outputs.first_references, outputs.predictions, strict=True)
    return [
        "\n" not in said.strip()
        and not TURN.search(said)
        and count_words(said) >= WORDS_OF_CHAT
        and not looks_like_dialogue(text)
        and any(name not in said for name in CAPITALIZED.findall(reference))
        for said, reference, text in rows
    ]


def _with_reference(outputs: Outputs, dialogues: tuple[str, ...]) -> Flags:
    """Return which dialogues end with all words of their reference, as texts to train on do; turns are no reference."""
    return [
        len(its := words(reference)) >= WORDS_OF_REFERENCE
        and not TURN.search(reference)
        and words(said[-2 * len(reference) :])[-len(its) :] == its
        and count_words(said) > len(its)
        for reference, said in zip(outputs.first_references, dialogues, strict=True)
    ]


def _without_names(outputs: Outputs, dialogues: tuple[str, ...]) -> Flags:
    """Return which dialogues have turns, but none of the names that reference and prediction share.

    If all speakers have numbers, such as `Speaker 1`, it is enough that one of these names is missing.
    """
    known = file_words(outputs)

    def are_lost(reference: str, text: str, said: str) -> bool:
        names, found = known.shared_names(reference, text), speakers(said)
        missing = names.difference(words(said))
        return bool(missing and found) and (missing == names or all(map(NUMBER.search, found)))

    return [are_lost(*row) for row in zip(outputs.first_references, outputs.predictions, dialogues, strict=True)]


def _as_predictions(outputs: Outputs) -> Corpus:
    """Return what a repair may know if it repairs the dialogues and not the predictions."""
    return Corpus(outputs.dialogues or (), outputs.first_references, outputs.predictions)


def _changed(corpus: Corpus, repair: Repair) -> Flags:
    texts = corpus.predictions
    return list(map(ne, repair.undo_all(texts, repeat(Row("", corpus))), texts))


def _one_language(outputs: Outputs) -> bool:
    columns = (outputs.first_references, outputs.dialogues or ())
    return len({common_language(texts[:LANGUAGE_ROWS]) for texts in columns} - {None}) <= 1
