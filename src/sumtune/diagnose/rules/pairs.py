"""Faults in pairs: reference summaries that do not match their dialogues."""

from collections.abc import Sequence
from functools import lru_cache

from sumtune.diagnose.context import Context, Data
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.rules.data import FEWEST
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.text_features import content_words, coverage, share

__all__ = ["label_noise", "summaries_unrelated"]

UNRELATED_SHARE = 0.5
NOISE_SHARE = 0.05
FEWEST_FOREIGN = 5
"""Minimum number of mismatched summaries that counts as noise; clean data have two or three."""


Pair = tuple[str, str, str]
"""Name, dialogue and summary."""


def summaries_unrelated(context: Context) -> Finding | None:
    """Reference summaries that mostly do not match their dialogues."""
    for name, pairs in _pairs(context).items():
        foreign = _foreign(pairs)
        if foreign is not None and share(foreign) >= UNRELATED_SHARE:
            return Finding(
                code="summaries_unrelated",
                title=f"Half or more of the {name} summaries do not match their dialogues",
                severity="fault",
                evidence=f"{share(foreign):.0%} of the {len(foreign)} {name} summaries share no more words with their "
                "own dialogue than with another one.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def label_noise(context: Context) -> Finding | None:
    """Some reference summaries that do not match their dialogues."""
    for name, pairs in _pairs(context).items():
        foreign = _foreign(pairs)
        if foreign is not None and sum(foreign) >= FEWEST_FOREIGN and NOISE_SHARE <= share(foreign) < UNRELATED_SHARE:
            return Finding(
                code="label_noise",
                title=f"Some {name} summaries do not seem to match their dialogues",
                severity="limit",
                evidence=f"{share(foreign):.1%} of the {len(foreign)} {name} summaries share no more words with their "
                f"own dialogue than with another one; in clean data less than {NOISE_SHARE:.0%} do.",
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
    languages = {common_language(dialogues[:200]), common_language(summaries[:200])} - {None}
    if len(pairs) < FEWEST or len(languages) > 1:
        return None
    dialogue_words, far = [content_words(text) for text in dialogues], len(pairs) // 2
    return [
        coverage(words, dialogue_words[row]) <= coverage(words, dialogue_words[(row + far) % len(pairs)]) < 1
        for row, words in enumerate(map(content_words, summaries))
    ]


def _named(pairs: Sequence[Pair], chosen: Sequence[bool]) -> tuple[str, ...]:
    return tuple(name for (name, _, _), keep in zip(pairs, chosen, strict=True) if keep)[:SHOWN_EXAMPLES]
