"""Length faults of outputs: empty, endless, cut off."""

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sumtune.data.placeholders import is_placeholder
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import is_copied
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.spacing import PATH
from sumtune.diagnose.repairs.vocabulary import vocabulary_of
from sumtune.diagnose.text_features import breaks_off, cached, how_many, is_cut_off, share, words
from sumtune.text.words import count_words, has_words

__all__ = ["NEVER_LAST", "cut_short", "empty_predictions", "never_stops", "says_nothing"]

EMPTY_SHARE = 0.05
FEWEST_EMPTY = 2
NOT_A_TEXT = re.compile(
    r"[-+]?\d{0,6}\.?\d+(?:e[-+]?\d+)?%?|<[\w.]+[^<>]* at 0x[0-9a-f]+>|\[object \w+\]"
    rf"|#(?:NAME\?|N/A|(?:REF|VALUE|DIV/0|NUM|NULL)!)|[$%]?\{{\{{?\s*\w+\s*\}}\}}?|{PATH.pattern}",
    re.I,
)
"""A single number, an object that was never read out, the error of a spreadsheet, a template that was never filled in,
or the name of a file."""
ASCII_DIGIT = re.compile("[0-9]")
FEWEST_DIGITS = 6
DIGITS_A_LETTER = 2
"""Digits of a text that consists of numbers, such as token ids: at least so many, and so many for each letter."""
SHOWN_PLACEHOLDERS = 3
SHOWN_CHARACTERS = 40
VOCABULARY_ROWS = 2_000
NEVER_LAST = frozenset(
    ("a", "an", "the", "and", "or", "but", "to", "of", "in", "on", "at", "for", "with", "from", "by", "into", "about",
     "is", "are", "was", "were", "be", "been", "will", "would", "can", "could", "should", "has", "had", "have", "his",
     "their", "its", "my", "your", "our", "that", "which", "who", "because", "as", "if", "when", "while", "than")
)  # fmt: skip
"""English words that no finished summary ends with."""
SHORTER = 0.75
"""Largest median ratio of prediction length to reference length of predictions cut at various lengths."""
BROKEN_ENDS = 0.3
"""Share of the unfinished predictions that break off inside a word or after a function word."""
RUNAWAY_SHARE = 0.3
RUNAWAY_GAIN = 0.01
"""Smallest ROUGE-1 gain of the start of a prediction over the whole."""
FEWEST_CUT = 3
FEWEST_RUNAWAYS = 6
RUNAWAY_RATIO = 1.6
"""Median ratio of prediction length to reference length, in words, that counts as running on."""
CUT_SHARE = 0.08
SAME_LENGTH = 0.3
"""Largest coefficient of variation of the lengths of predictions cut off at the same limit."""
EXACT = 0.04
"""A prediction is cut exactly at a limit if its length differs from the limit by at most this share of the limit."""
BARE = re.compile(r"[\w\s]*")
"""Words without a mark between them, as a scorer compares them."""
EXACT_SHARE = 0.75
"""Least share of the unfinished predictions that end exactly at the limit, if other predictions are longer."""
FEWEST_EXACT = 4
"""Smallest number of predictions that are cut exactly at a limit, and smallest limit."""
ABOVE_LIMIT = 0.02
"""Largest share of predictions that are clearly longer than the supposed limit."""


def empty_predictions(outputs: Outputs) -> Finding | None:
    """Predictions without any word."""
    bad = [says_nothing(prediction) for prediction in outputs.predictions]
    if share(bad) < EMPTY_SHARE or sum(bad) < FEWEST_EMPTY:
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    placeholders = _placeholders(outputs, bad)
    return Finding(
        code="empty_predictions",
        title=f"{how_many(bad)} predictions {'hold no text' if placeholders else 'are empty'}",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions ({sum(bad)} of {len(bad)}) contain no word"
        f"{placeholders}.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def never_stops(outputs: Outputs) -> Finding | None:
    """Predictions that continue after the summary until generation is cut off."""
    bad = _unfinished(outputs)
    if sum(bad) < FEWEST_RUNAWAYS or share(bad) < RUNAWAY_SHARE + _unfinished_references(outputs):
        return None
    ratio = _length_ratio(outputs, bad)
    if ratio < RUNAWAY_RATIO or (not _engine_said(outputs) and _variation(outputs, bad) > SAME_LENGTH):
        return None
    shortened = {name: outputs.mapped(rewrite) for name, rewrite in STARTS.items()}
    best = max(shortened, key=lambda name: shortened[name].score)
    if shortened[best].score < outputs.score + RUNAWAY_GAIN:
        return None
    return Finding(
        code="never_stops",
        title=f"{how_many(bad)} predictions continue after the summary",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions are cut off, with {ratio:.1f} times as many "
        f"words as their references (median). Alone, {best} scores {shortened[best].score:.3f}; the whole text scores "
        f"{outputs.score:.3f}.",
        numbers={
            "share": share(bad),
            "length_ratio": ratio,
            "rouge1": outputs.score,
            "rouge1_mended": shortened[best].score,
        },
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=shortened[best],
    )


def cut_short(outputs: Outputs) -> Finding | None:
    """Predictions cut off at a limit that is too low for a complete summary."""
    bad = _unfinished(outputs)
    unfinished = _unfinished_references(outputs)
    if sum(bad) < FEWEST_CUT or share(bad) < CUT_SHARE + unfinished or _length_ratio(outputs, bad) >= RUNAWAY_RATIO:
        return None
    if not _engine_said(outputs) and not _at_a_limit(outputs, bad) and not _in_mid_phrase(outputs, bad):
        return None
    if _mostly_garbled(outputs, bad) or (
        not _engine_said(outputs) and (_mostly_bare(outputs, bad) or _mostly_copied(outputs, bad))
    ):
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    limit = int(np.median([count_words(text) for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong]))
    whole = (
        f" Those that end by themselves score {repaired.score:.3f}, all predictions {outputs.score:.3f}."
        if repaired
        else ""
    )
    return Finding(
        code="cut_short",
        title=f"{how_many(bad)} predictions are cut off before the summary ends",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions break off, at about {limit} word{'s' * (limit != 1)} (median). "
        f"{unfinished:.0%} of the references do not end like a sentence.{whole}",
        numbers={"share": share(bad), "limit_words": limit, "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


@cached
def says_nothing(text: str) -> bool:
    """Return whether `text` is empty, a placeholder, a path, or numbers."""
    bare = text.strip()
    if not has_words(bare) or is_placeholder(bare) or NOT_A_TEXT.fullmatch(bare):
        return True
    if bare.isascii() and not ASCII_DIGIT.search(bare):  # much faster than counting
        return False
    digits, letters = (sum(map(is_one, bare)) for is_one in (str.isdigit, str.isalpha))
    return digits >= FEWEST_DIGITS and digits >= DIGITS_A_LETTER * letters


def _placeholders(outputs: Outputs, bad: list[bool]) -> str:
    """Return the placeholders among the empty predictions, for the evidence."""
    found = {text.strip() for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong and words(text)}
    shown = ", ".join(repr(text[:SHOWN_CHARACTERS]) for text in sorted(found)[:SHOWN_PLACEHOLDERS])
    more = ", …" if len(found) > SHOWN_PLACEHOLDERS else ""
    return f", or only {shown}{more}" if found else ""


def _unfinished(outputs: Outputs) -> list[bool]:
    """Return which predictions were cut off, as reported by the engine; otherwise those that end in mid-sentence."""
    if _engine_said(outputs) and outputs.cut_off is not None:
        return list(outputs.cut_off)
    return [not says_nothing(text) and is_cut_off(text) for text in outputs.predictions]


def _unfinished_references(outputs: Outputs) -> float:
    """Return the share of references that do not end like a sentence: a matter of style in these data, not a fault."""
    return share(map(breaks_off, outputs.first_references))


def _in_mid_phrase(outputs: Outputs, bad: list[bool]) -> bool:
    """Return whether the `bad` predictions are short, and many end inside a word or with a word such as "the"."""
    if _length_ratio(outputs, bad) > SHORTER:
        return False
    known = vocabulary_of((*outputs.first_references[:VOCABULARY_ROWS], *(outputs.dialogues or ())[:VOCABULARY_ROWS]))
    texts = (text for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong)
    last = [words(text)[-1] for text in texts]
    broken = [word in NEVER_LAST or word not in known for word in last]
    return sum(broken) >= FEWEST_CUT and share(broken) >= BROKEN_ENDS


def _mostly_garbled(outputs: Outputs, bad: list[bool]) -> bool:
    """Return whether most of the `bad` predictions lost letters; how they end then says nothing."""
    known = file_words(outputs)
    return share(known.is_garbled(outputs.predictions[row], row) for row in np.flatnonzero(bad).tolist()) > 0.5


def _mostly_bare(outputs: Outputs, bad: list[bool]) -> bool:
    """Return whether most of the `bad` predictions, but not most references, are words without capitals and marks."""
    texts = (text for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong)
    return share(map(_is_bare, texts)) > 0.5 > share(map(_is_bare, outputs.first_references))


def _mostly_copied(outputs: Outputs, bad: list[bool]) -> bool:
    """Return whether most of the `bad` predictions copy passages of their dialogues, in which turns need no end."""
    rows = enumerate(zip(outputs.predictions, bad, strict=True))
    return share(is_copied(outputs, row, text) for row, (text, wrong) in rows if wrong) > 0.5


def _is_bare(text: str) -> bool:
    return BARE.fullmatch(text) is not None and text.islower()


def _engine_said(outputs: Outputs) -> bool:
    """Return whether the engine marked enough predictions as cut off; otherwise the texts decide."""
    return outputs.cut_off is not None and share(outputs.cut_off) >= CUT_SHARE


def _length_ratio(outputs: Outputs, bad: list[bool]) -> float:
    rows = zip(outputs.predictions, outputs.first_references, bad, strict=True)
    ratios = [count_words(text) / max(1, count_words(reference)) for text, reference, wrong in rows if wrong]
    return float(np.median(ratios)) if ratios else 0.0


def _variation(outputs: Outputs, bad: list[bool]) -> float:
    """Return the coefficient of variation of the lengths in words."""
    lengths = np.array([count_words(text) for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong])
    return float(lengths.std() / lengths.mean()) if len(lengths) else 0.0


def _at_a_limit(outputs: Outputs, bad: list[bool]) -> bool:
    """Return whether the `bad` predictions, counted in words or in characters, all end near the same length.

    In addition, hardly any prediction is longer than this length, or most of the `bad` ones have exactly this length.
    """
    return any(_is_limit(np.array([count(text) for text in outputs.predictions]), bad) for count in (count_words, len))


def _is_limit(lengths: NDArray[np.int64], bad: list[bool]) -> bool:
    cut = lengths[bad]
    limit = np.median(cut)
    exact = share(np.abs(cut - limit) <= EXACT * limit) >= EXACT_SHARE and min(len(cut), limit) >= FEWEST_EXACT
    near = cut.std() <= SAME_LENGTH * cut.mean() and share(lengths > 4 / 3 * limit) <= ABOVE_LIMIT
    return bool(exact or near)


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _sentences(text: str, count: int) -> str:
    return " ".join(re.split(r"(?<=[.!?])\s+", text.strip())[:count])


def _first_sentence(text: str) -> str:
    return _sentences(text, 1)


def _two_sentences(text: str) -> str:
    return _sentences(text, 2)


def _before_repetition(text: str) -> str:
    """Return the text before the first sequence of three words that occurred earlier."""
    found, seen = text.split(), set()
    for start in range(len(found) - 2):
        triple = tuple(found[start : start + 3])
        if triple in seen:
            return " ".join(found[:start])
        seen.add(triple)
    return text


STARTS: Mapping[str, Callable[[str], str]] = {
    "the first line": _first_line,
    "the first sentence": _first_sentence,
    "the first two sentences": _two_sentences,
    "the text before the first repetition": _before_repetition,
}
"""Candidates for the summary in a prediction that runs on."""
