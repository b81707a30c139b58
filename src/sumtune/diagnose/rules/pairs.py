"""Faults in pairs: reference summaries that do not match their dialogues."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sumtune.diagnose.alignment import find_misplaced
from sumtune.diagnose.context import Context, Data
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.rules.data import FEWEST
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.rules.misplaced_rows import FEW_MOVED, LANGUAGE_ROWS, counts, what_happened
from sumtune.diagnose.text_features import content_words, coverage, share

__all__ = ["label_noise", "summaries_misplaced"]

NOISE_SHARE = 0.05
FEWEST_FOREIGN = 5
"""Minimum number of mismatched summaries that counts as noise; clean data have two or three."""


Pair = tuple[str, str, str]
"""Name, dialogue and summary."""


def summaries_misplaced(context: Context) -> Finding | None:
    """Training summaries in the rows of other dialogues, or of another data set."""
    data = context.data
    if data is None or len(data.splits["train"]) < FEWEST:
        return None
    pairs = _pairs_of(data, "train")
    names, dialogues, summaries = zip(*pairs, strict=True)
    found = find_misplaced({"summary": summaries, "dialogue": dialogues})
    if found is None or (found.order is None and not _one_language(pairs)):
        return None
    rows = None if found.order is None else found.order.rows != np.arange(len(names))
    some = rows is not None and rows.mean() < FEW_MOVED
    what = "do not belong to their dialogues" if rows is None else "are in the wrong rows"
    return Finding(
        code="summaries_misplaced",
        title=f"{'Some' if some else 'The'} training summaries {what}",
        severity="fault",
        evidence=what_happened(found, summaries),
        numbers={"rows": len(names), **counts(found)},
        examples=_named(pairs, [True] * len(names) if rows is None else rows.tolist()),
    )


def label_noise(context: Context) -> Finding | None:
    """Some reference summaries that do not match their dialogues."""
    for name, pairs in _pairs(context).items():
        foreign = _foreign(pairs)
        if foreign is not None and sum(foreign) >= FEWEST_FOREIGN and share(foreign) >= NOISE_SHARE:
            return Finding(
                code="label_noise",
                title=f"Some {name} summaries do not seem to match their dialogues",
                severity="weakness",
                evidence=f"{share(foreign):.1%} of the {len(foreign)} {name} summaries share no more words with their "
                f"own dialogue than with another one; in clean data, fewer than {NOISE_SHARE:.0%} do.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def _pairs(context: Context) -> dict[str, tuple[Pair, ...]]:
    """Return the known pairs of dialogue and reference summary, by split."""
    data, outputs = context.data, context.outputs
    if data is not None:
        return {name: _pairs_of(data, name) for name in dict.fromkeys(("train", data.scored))}
    if outputs is None or outputs.dialogues is None:
        return {}
    return {"reference": tuple(zip(outputs.ids, outputs.dialogues, outputs.first_references, strict=True))}


def _pairs_of(data: Data, name: str) -> tuple[Pair, ...]:
    return tuple((f"{one.file}:{one.row}", one.dialogue, one.summary) for one in data.splits[name])


@lru_cache(maxsize=4)
def _foreign(pairs: tuple[Pair, ...]) -> list[bool] | None:
    """Return which summaries share no more words with their own dialogue than with the dialogue half the list away.

    None if there are too few pairs, or dialogues and summaries are in different languages.
    """
    dialogues, summaries = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    if len(pairs) < FEWEST or not _one_language(pairs):
        return None
    dialogue_words, far = [content_words(text) for text in dialogues], len(pairs) // 2
    return [
        coverage(words, dialogue_words[row]) <= coverage(words, dialogue_words[(row + far) % len(pairs)]) < 1
        for row, words in enumerate(map(content_words, summaries))
    ]


def _one_language(pairs: Sequence[Pair]) -> bool:
    """Return whether dialogues and summaries are in the same language, as far as it is recognized."""
    languages = {common_language([pair[column] for pair in pairs[:LANGUAGE_ROWS]]) for column in (1, 2)}
    return len(languages - {None}) <= 1


def _named(pairs: Sequence[Pair], chosen: Sequence[bool]) -> tuple[str, ...]:
    return tuple(name for (name, _, _), keep in zip(pairs, chosen, strict=True) if keep)[:SHOWN_EXAMPLES]
