"""Repairs of spaces: between characters, missing between words, inside words."""

import re
from collections.abc import Callable

from sumtune.diagnose.repairs.repair import Repair, Row, of_text
from sumtune.diagnose.repairs.vocabulary import Vocabulary
from sumtune.text.words import has_unspaced

__all__ = ["REPAIRS"]

FEWEST_CHARACTERS = 12
SEPARATED_TOKENS = 0.8
"""Share of one-character words that makes a text count as separated characters."""
GLUED_WORD = 12
"""Mean length of a word, in characters, from which words may be glued together."""
KNOWN_GAIN = 0.25
"""Share of the letters that must become known words."""
FEWEST_LINES = 3
"""Number of lines that show that a text was folded at a width."""
SEPARATOR = r"([^\w\s'])"
PIECES = re.compile(r"[▁ĠĊ]|##|@@|</w>")
"""Marks of word pieces, which another repair removes."""
WRONG_ENCODING = re.compile("Â|â€")
"""What another repair removes: UTF-8 that was read in another encoding."""
HYPHEN = re.compile(r"[-\u00ad\u2010]\r?\n")
LETTERS = re.compile(r"[^\W\d_]+")


def characters_separated(text: str, row: Row) -> str:
    """Join single characters; several spaces, or known words, show where words end."""
    tokens = text.split()
    if len(tokens) < 6 or _share(tokens, lambda token: len(token) == 1) < SEPARATED_TOKENS:
        return text
    parts = re.split(r"\s{2,}", text.strip())
    joined = ["".join(part.split()) for part in parts]
    return " ".join(joined) if len(parts) > 1 or has_unspaced(text) else _segmented(joined[0], row.corpus.vocabulary)


def characters_joined_by_marks(text: str) -> str:
    """Join single characters that a mark such as `-` separates.

    >>> characters_joined_by_marks("A-n-n- -h-e-l-p-s-.")
    'Ann helps.'
    """
    marks = text[1::2]
    if len(text) < FEWEST_CHARACTERS or marks[0].isalnum() or marks[0].isspace():
        return text
    return text[::2] if marks.count(marks[0]) >= len(marks) - 1 else text


def words_glued(text: str, row: Row) -> str:
    """Split runs of letters into known words."""
    tokens = text.split()
    if has_unspaced(text) or PIECES.search(text) or len(text) < max(FEWEST_CHARACTERS, GLUED_WORD * len(tokens)):
        return text
    return _if_known(text, _segmented(text, row.corpus.vocabulary), row.corpus.vocabulary)


def words_broken(text: str, row: Row) -> str:
    """Remove the spaces inside words."""
    tokens, vocabulary = text.split(), row.corpus.vocabulary
    if has_unspaced(text) or PIECES.search(text) or len(tokens) < 4 or vocabulary.known_share(text) > 1 - KNOWN_GAIN:
        return text
    if _share(tokens, lambda token: len(token) == 1) >= SEPARATED_TOKENS or WRONG_ENCODING.search(text):
        return text
    joined = _segmented("".join(tokens), vocabulary)
    return _if_known(text, joined, vocabulary) if len(joined.split()) < len(tokens) else text


def lines_hyphenated(text: str) -> str:
    r"""Join the lines of a narrow column at the hyphens.

    >>> lines_hyphenated("Ann he-\nlps Bob at ho-\nme."), lines_hyphenated("Ann helps.")
    ('Ann helps Bob at home.', 'Ann helps.')
    """
    return HYPHEN.sub("", text) if len(HYPHEN.findall(text)) >= 2 else text


def lines_folded(text: str) -> str:
    r"""Join lines that were all folded at the same width, even inside words.

    >>> lines_folded("Ann hel\nps Bob \nat home"), lines_folded("Ann helps.\nBob is late.")
    ('Ann helps Bob at home', 'Ann helps.\nBob is late.')
    """
    lines = text.split("\n")
    widths = set(map(len, lines[:-1]))
    folded = len(lines) >= FEWEST_LINES and len(widths) == 1 and 0 < len(lines[-1]) <= min(widths)
    return "".join(lines) if folded else text


def words_joined_by_marks(text: str) -> str:
    """Replace the marks between words with spaces.

    >>> words_joined_by_marks("Ann_helps_Bob_at_home."), words_joined_by_marks("Ann helps.")
    ('Ann helps Bob at home.', 'Ann helps.')
    """
    if len(text.split()) != 1 or PIECES.search(text):
        return text
    found = max("_-|,;/+\u00a0\u200b~", key=text.count)
    return text.replace(found, " ") if text.count(found) >= 3 else text


def _segmented(text: str, vocabulary: Vocabulary) -> str:
    spaced = LETTERS.sub(lambda match: " ".join(vocabulary.segmented(match.group())), text)
    spaced = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", spaced)
    return re.sub(r"(?<=[.,;:!?])(?=[^\W\d_])", " ", spaced)


def _if_known(text: str, changed: str, vocabulary: Vocabulary) -> str:
    """Return `changed` if far more of its letters belong to known words."""
    better = vocabulary.known_share(changed) - vocabulary.known_share(text) >= KNOWN_GAIN
    return changed if better else text


def _share(tokens: list[str], has_it: Callable[[str], bool]) -> float:
    return sum(map(has_it, tokens)) / len(tokens)


REPAIRS = (
    Repair(
        "characters_separated",
        characters_separated,
        "have a space after each character",
        'remove `text.replace("", " ")` (or `" ".join(text)`) where predictions are decoded',
    ),
    Repair(
        "characters_joined_by_marks",
        of_text(characters_joined_by_marks),
        "have a mark between their characters",
        "remove the join over the characters of a text where predictions are written",
    ),
    Repair(
        "words_glued",
        words_glued,
        "have no spaces between their words",
        "keep the spaces where predictions are decoded: decode all ids at once, not token by token",
    ),
    Repair(
        "words_broken",
        words_broken,
        "have spaces inside their words",
        "decode all token ids at once with tokenizer.decode(ids), not one by one",
    ),
    Repair(
        "lines_hyphenated",
        of_text(lines_hyphenated),
        "have words hyphenated at line ends",
        "write each summary on one line, before any layout in columns",
    ),
    Repair(
        "lines_folded",
        of_text(lines_folded),
        "are folded at a fixed width",
        "write each summary on one line, without fold or textwrap",
    ),
    Repair(
        "words_joined_by_marks",
        of_text(words_joined_by_marks),
        "have a mark in place of each space",
        "write the predictions with their spaces",
    ),
)
