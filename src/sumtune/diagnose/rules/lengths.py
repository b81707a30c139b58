"""Faults of outputs that stand in their lengths: empty, never ending, cut short."""

import re

import numpy as np

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import ends_sentence, share, words

__all__ = ["cut_short", "empty_predictions", "never_stops"]

EMPTY_SHARE = 0.05
RUNAWAY_SHARE = 0.3
RUNAWAY_GAIN = 0.01
"""ROUGE-1 that the beginning alone must score above the whole."""
FEWEST_CUT = 3
FEWEST_RUNAWAYS = 6
RUNAWAY_RATIO = 1.6
"""Median words of the predictions in question over those of their references, from which they run on."""
CUT_SHARE = 0.1
SAME_LENGTH = 0.3
"""Largest coefficient of variation of lengths that end at one limit."""
ABOVE_LIMIT = 0.02
"""Largest share of predictions that are clearly longer than the limit that others were cut at."""


def empty_predictions(outputs: Outputs) -> Finding | None:
    """Predictions without a single word."""
    bad = [not words(prediction) for prediction in outputs.predictions]
    if share(bad) < EMPTY_SHARE:
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all together {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="empty_predictions",
        title="Predictions are empty",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions ({sum(bad)} of {len(bad)}) have no word.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def never_stops(outputs: Outputs) -> Finding | None:
    """Predictions that run on after the summary until generation is cut off."""
    bad = _unfinished(outputs)
    if sum(bad) < FEWEST_RUNAWAYS or share(bad) < RUNAWAY_SHARE + _unfinished_references(outputs):
        return None
    ratio = _length_ratio(outputs, bad)
    if ratio < RUNAWAY_RATIO or (not _engine_said(outputs) and _variation(outputs, bad) > SAME_LENGTH):
        return None
    ways = {"first line": _first_line, "first sentence": _first_sentence, "two sentences": _two_sentences,
            "text before it repeats": _before_repetition}  # fmt: skip
    tried = {name: outputs.mapped(rewrite) for name, rewrite in ways.items()}
    way = max(tried, key=lambda name: tried[name].score)
    if tried[way].score < outputs.score + RUNAWAY_GAIN:
        return None
    return Finding(
        code="never_stops",
        title="Generation does not stop at the end of the summary",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions are cut off in the middle at nearly the same length, "
        f"{ratio:.1f} times that of their references. The {way} of each alone scores {tried[way].score:.3f}, all of "
        f"it {outputs.score:.3f}.",
        numbers={
            "share": share(bad),
            "length_ratio": ratio,
            "rouge1": outputs.score,
            "rouge1_mended": tried[way].score,
        },
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=tried[way],
    )


def cut_short(outputs: Outputs) -> Finding | None:
    """Predictions cut at a limit that is too small for a whole summary."""
    bad = _unfinished(outputs)
    unfinished = _unfinished_references(outputs)
    if sum(bad) < FEWEST_CUT or share(bad) < CUT_SHARE + unfinished or _length_ratio(outputs, bad) >= RUNAWAY_RATIO:
        return None
    if not _engine_said(outputs) and (_variation(outputs, bad) > SAME_LENGTH or _above(outputs, bad) > ABOVE_LIMIT):
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    limit = int(np.median([len(text.split()) for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong]))
    whole = (
        f" Those that end by themselves score {repaired.score:.3f}, all together {outputs.score:.3f}."
        if repaired
        else ""
    )
    return Finding(
        code="cut_short",
        title="Predictions are cut off before the summary ends",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions break off at about {limit} words without the end of a sentence "
        f"({unfinished:.0%} of the references do), and hardly any is longer.{whole}",
        numbers={"share": share(bad), "limit_words": limit, "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _unfinished(outputs: Outputs) -> list[bool]:
    """Which predictions were cut off: as the engine said, else those that have words and end in the middle."""
    if _engine_said(outputs) and outputs.cut_off is not None:
        return list(outputs.cut_off)
    return [bool(words(text)) and not ends_sentence(text) for text in outputs.predictions]


def _unfinished_references(outputs: Outputs) -> float:
    """Share of the references that do not end a sentence: a habit of the data, no fault."""
    return share(not ends_sentence(text) for text in outputs.first_references)


def _engine_said(outputs: Outputs) -> bool:
    """Whether the engine marked predictions as cut off; where it marked none, the texts decide."""
    return outputs.cut_off is not None and share(outputs.cut_off) >= CUT_SHARE


def _length_ratio(outputs: Outputs, bad: list[bool]) -> float:
    rows = zip(outputs.predictions, outputs.first_references, bad, strict=True)
    ratios = [len(text.split()) / max(1, len(reference.split())) for text, reference, wrong in rows if wrong]
    return float(np.median(ratios)) if ratios else 0.0


def _variation(outputs: Outputs, bad: list[bool]) -> float:
    """Coefficient of variation of the lengths in words."""
    lengths = np.array([len(text.split()) for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong])
    return float(lengths.std() / lengths.mean()) if len(lengths) else 0.0


def _above(outputs: Outputs, bad: list[bool]) -> float:
    """Share of all predictions that are a third longer than those in question usually are."""
    limit = np.median([len(text) for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong])
    return share(len(text) > 4 / 3 * limit for text in outputs.predictions)


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _sentences(text: str, count: int) -> str:
    return " ".join(re.split(r"(?<=[.!?])\s+", text.strip())[:count])


def _first_sentence(text: str) -> str:
    return _sentences(text, 1)


def _two_sentences(text: str) -> str:
    return _sentences(text, 2)


def _before_repetition(text: str) -> str:
    """The text up to the first three words that it has said before."""
    said, seen = text.split(), set()
    for place in range(len(said) - 2):
        triple = tuple(said[place : place + 3])
        if triple in seen:
            return " ".join(said[:place])
        seen.add(triple)
    return text
