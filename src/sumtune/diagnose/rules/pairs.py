"""Faults of the pairs of dialogue and summary: they do not belong together."""

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
"""Summaries of other dialogues that make noise: two or three happen in clean data."""


Pair = tuple[str, str, str]
"""Name, dialogue and summary."""


def summaries_unrelated(context: Context) -> Finding | None:
    """Reference summaries that say no more about their dialogue than about any other."""
    for name, pairs in _pairs(context).items():
        foreign = _foreign(pairs)
        if foreign is not None and share(foreign) >= UNRELATED_SHARE:
            return Finding(
                code="summaries_unrelated",
                title="The summaries are not about their dialogues",
                severity="fault",
                evidence=f"{share(foreign):.0%} of the {len(foreign)} {name} summaries share no more words with their "
                "dialogue than with another one: the columns were sorted or shifted apart.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def label_noise(context: Context) -> Finding | None:
    """Some reference summaries belong to other dialogues."""
    for name, pairs in _pairs(context).items():
        foreign = _foreign(pairs)
        if foreign is not None and sum(foreign) >= FEWEST_FOREIGN and NOISE_SHARE <= share(foreign) < UNRELATED_SHARE:
            return Finding(
                code="label_noise",
                title="Some summaries do not match their dialogue",
                severity="limit",
                evidence=f"{share(foreign):.1%} of the {len(foreign)} {name} summaries share no more words with their "
                f"dialogue than with another one; in clean data it is below {NOISE_SHARE:.0%}.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def _pairs(context: Context) -> dict[str, tuple[Pair, ...]]:
    """The dialogues and reference summaries that are known, by split."""
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
    """Which summaries share no larger part of their words with their own dialogue than with one half the list away.

    None where there are too few, or dialogues and summaries are in different languages.
    """
    dialogues, summaries = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    languages = {common_language(dialogues[:200]), common_language(summaries[:200])} - {None}
    if len(pairs) < FEWEST or len(languages) > 1:
        return None
    heard, said = [content_words(text) for text in dialogues], [content_words(text) for text in summaries]
    far = len(pairs) // 2
    return [
        coverage(words, heard[place]) <= coverage(words, heard[(place + far) % len(heard)]) < 1
        for place, words in enumerate(said)
    ]


def _named(pairs: Sequence[Pair], chosen: Sequence[bool]) -> tuple[str, ...]:
    return tuple(name for (name, _, _), keep in zip(pairs, chosen, strict=True) if keep)[:SHOWN_EXAMPLES]
