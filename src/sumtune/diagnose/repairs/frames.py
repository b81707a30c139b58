"""What several texts begin or end with, such as a date and a log level; digits may differ."""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sumtune.diagnose.looks.outliers import chance_of_more
from sumtune.diagnose.text_features import cached, content_words, share, words

__all__ = ["USUAL_MARK_SHARE", "Frame", "find_frames"]

LONGEST = 200
"""Characters of a frame."""
FEWEST_ROWS = 3
FRAME_SHARE = 0.02
"""Share of the texts that must have the frame."""
BRANCHING = 0.8
"""A frame is as long as possible: at most this share of its texts go on alike."""
WORDS = 4
"""Number of words of a frame, unless it has a mark that texts rarely have, or most texts have it."""
MOST_TEXTS = 0.8
WORDS_OF_MOST = 2
ELSEWHERE = 0.3
"""Largest share of references that have the frame, or of dialogues that contain it, relative to the predictions."""
ABOUT = 0.5
"""Share of the texts that must be about their dialogue without the frame; others are messages as a whole."""
INSIDE = 0.3
"""Largest share of the texts that contain the frame again, or go on with a small letter, as inside a sentence."""
IN_REFERENCES = 0.25
"""Mean share of the names and long words of a frame in the references of its rows from which it is part of them."""
DIALOGUES = 1_000
MOST_FRAMES = 8
HEX = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f-]{7,}\b")
DIGITS = re.compile(r"\d+")
LAST_WORD = re.compile(r"[^\W_]+\Z")
USUAL = re.compile(r"[^\W_][\w .,;'’!?-]*")
ENDS = ".!?"
CHANCE = 1e-3
"""Largest probability that chance alone puts a frame that a reference has in so many more predictions."""
USUAL_MARK_SHARE = 0.05
"""Share of the texts of a column from which a mark, such as an emoji or `*`, is usual in it."""
END_OF_TEXT = "\U0010ffff"


@dataclass(frozen=True)
class Frame:
    """Characters that several texts begin with, digits replaced by 0 and hexadecimal numbers by `NUMBER`."""

    pattern: re.Pattern[str]
    """Matches the frame at the start of a text."""
    rows: int
    """Number of texts that begin so."""


def find_frames(
    predictions: Sequence[str], references: Sequence[str], dialogues: Sequence[str], backwards: bool = False
) -> list[Frame]:
    """Return the starts that several predictions share, but hardly any reference or dialogue has; most frequent first.

    With `backwards`, all texts are reversed, so that the result is what stands at their ends.
    """
    if backwards:
        predictions, references, dialogues = (
            [text[::-1] for text in column] for column in (predictions, references, dialogues)
        )
    starts = sorted(_shape(text[:LONGEST]) for text in predictions)
    fewest = max(FEWEST_ROWS, FRAME_SHARE * len(starts))
    usual = [_shape(text[:LONGEST]) for text in references]
    said = [_shape(text) for text in dialogues[:DIALOGUES]]
    marks = _usual_marks(references)
    found = []
    for branching in _branchings(starts, fewest):
        start = branching.rstrip(ENDS) if backwards else branching  # the mark belongs to the text
        count = _count(starts, start)
        core = start.strip(f" {ENDS}") or start  # the dialogue may have it without the end of a sentence
        in_references = sum(text.startswith(start) for text in usual)
        known = max(in_references / max(1, len(usual)), share(core in text for text in said))
        if (
            len(start.strip()) > 1
            and known < ELSEWHERE * count / len(starts)
            and (not in_references or chance_of_more(count, len(starts), in_references, len(usual)) <= CHANCE)
            and _is_odd(start.lstrip(ENDS) if backwards else start, count / len(starts), marks)
        ):
            frame = Frame(_pattern(start), count)
            if _are_texts(frame, start, predictions, dialogues, backwards) and not _is_content(
                frame, predictions, references, backwards
            ):
                found.append(frame)
    return sorted(found, key=lambda frame: -frame.rows)[:MOST_FRAMES]


def _branchings(starts: Sequence[str], fewest: float) -> Iterator[str]:
    """Yield what at least `fewest` of the sorted `starts` begin with, if they differ after it."""
    common = {_common(*pair) for pair in zip(starts, starts[math.ceil(fewest) - 1 :], strict=False)}
    for start in sorted(common - {""}):
        longer = (other for other in common if other != start and other.startswith(start))
        if all(_count(starts, other) < BRANCHING * _count(starts, start) for other in longer):
            yield start


def _common(one: str, two: str) -> str:
    """Return what both texts begin with, without the beginning of a word at its end."""
    pairs = enumerate(zip(one, two, strict=False))
    size = next((place for place, (first, second) in pairs if first != second), min(len(one), len(two)))
    return LAST_WORD.sub("", one[:size])


def _count(starts: Sequence[str], start: str) -> int:
    return bisect_right(starts, start + END_OF_TEXT) - bisect_left(starts, start)


def _usual_marks(references: Sequence[str]) -> dict[int, None]:
    """Return the marks that several references have, for `str.translate`, which removes them."""
    counts = Counter(mark for text in references for mark in set(text) if not mark.isalnum() and not mark.isspace())
    fewest = max(FEWEST_ROWS, USUAL_MARK_SHARE * len(references))
    return {ord(mark): None for mark, count in counts.items() if count >= fewest}


def _is_odd(start: str, part: float, marks: dict[int, None]) -> bool:
    """Return whether texts rarely have `start` by chance: many words, an unusual mark, or a start of nearly all texts.

    `marks` are the usual ones.
    """
    rest, size = start.translate(marks).strip(), len(start.split())
    is_marked = rest != "" and not USUAL.fullmatch(rest)
    return size >= WORDS or is_marked or (part >= MOST_TEXTS and size >= WORDS_OF_MOST)


def _are_texts(frame: Frame, start: str, predictions: Sequence[str], dialogues: Sequence[str], backwards: bool) -> bool:
    """Return whether what follows the frame differs from row to row, lacks the frame, and is about the dialogues."""
    rows = [row for row, text in enumerate(predictions) if frame.pattern.match(text)]
    rest = [frame.pattern.sub("", predictions[row]) for row in rows]
    inside = share(start.strip() in _shape(text) for text in rest)
    about = (bool(content_words(text) & content_words(dialogues[row])) for row, text in zip(rows, rest, strict=True))
    in_sentence = share(not backwards and text[:1].islower() for text in rest)
    return (
        len({_shape(text) for text in rest}) > len(rest) / 2
        and share(len(words(text)) >= WORDS for text in rest) >= ABOUT
        and max(inside, in_sentence) <= INSIDE
        and (not dialogues or share(about) >= ABOUT)
    )


def _is_content(frame: Frame, predictions: Sequence[str], references: Sequence[str], backwards: bool) -> bool:
    """Return whether names and long words of the frame are in the references of its rows: many texts are about it."""

    def read(text: str) -> str:
        return text[::-1] if backwards else text

    rows = zip(map(frame.pattern.match, predictions), references, strict=True)
    pairs = [(content_words(read(found[0])), content_words(read(reference))) for found, reference in rows if found]
    shares = [len(its & known) / len(its) for its, known in pairs if its]
    return bool(shares) and sum(shares) >= IN_REFERENCES * len(shares)


@cached
def _shape(text: str) -> str:
    return DIGITS.sub("0", HEX.sub("0", text))


def _pattern(start: str) -> re.Pattern[str]:
    number = rf"(?>{HEX.pattern}|\d+)"  # atomic: many numbers in a row would otherwise be tried in all ways
    return re.compile(number.join(map(re.escape, start.split("0"))))
