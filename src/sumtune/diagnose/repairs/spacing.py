"""Repairs of spaces: between characters, missing between words, inside words."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from sumtune.diagnose.repairs.repair import OfText, Repair, Row
from sumtune.diagnose.repairs.vocabulary import Vocabulary
from sumtune.diagnose.text_features import cached
from sumtune.text.words import has_unspaced

__all__ = ["PATH", "REPAIRS"]

FEWEST_CHARACTERS = 12
SEPARATED_TOKENS = 0.8
"""Share of one-character words that makes a text count as separated characters."""
GLUED_WORD = 8
"""Mean length of a word, in characters, from which words may be glued together."""
FEWEST_SPLIT = 4
"""Number of words behind a text whose words were glued; fewer may be one long word."""
KNOWN_GAIN = 0.25
"""Share of the letters that must become known words."""
MOST_PIECES = 4
"""Number of pieces of a broken word; of several such words, one at least has no more."""
SENTENCE_ENDS = ".!?:;…。"
INNER_BREAKS = 0.5
"""Share of the line breaks that must be inside sentences."""
NARROWEST = 0.5
"""Smallest ratio of the lengths of the lines before the last one."""
PIECES = re.compile(r"[▁ĠĊ]|##|@@|</w>")
"""Marks of word pieces, which another repair removes."""
PATH = re.compile(r"(?:\w+:)?[/\\]*[^\s/\\]+(?:[/\\]+[^\s/\\]+)+\.\w{1,5}|\w+://\S+")
"""The name of a file or an address, which no words were glued into."""
MARKUP = re.compile(r"</\w+>")
"""The end of an element, whose name is no glued word."""
WRONG_ENCODING = re.compile("Â|â€")
"""What another repair removes: UTF-8 that was read in another encoding."""
HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\r?\n(?=[^\W\d_])")
LETTERS = re.compile(r"[^\W\d_]+")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
LISTING = (",", ";", "-", "/", "")
"""Marks between the words of a list, which a summary may contain."""
SHORT_WORD, SHORT_WORDS = 3, 0.2
"""Most letters of a short word, and smallest share of such words in a sentence; a list of keywords has fewer."""
FEWEST_JOINED = 6
"""Number of words or characters with such a mark between them; of other marks, half as many are enough."""
JOINED_SHARE = 0.6
"""Share of the gaps between words that must have the same mark."""


def characters_separated(text: str, row: Row) -> str:
    """Join single characters; several spaces, or known words, show where words end."""
    if not _are_single_characters(text.split()):
        return text
    parts = re.split(r"\s{2,}", text.strip())
    joined = ["".join(part.split()) for part in parts]
    return " ".join(joined) if len(parts) > 1 or has_unspaced(text) else _segmented(joined[0], row.corpus.vocabulary)


def characters_joined_by_marks(text: str, row: Row) -> str:
    """Remove the mark that stands between all characters, whatever it is."""
    found = _words(text)
    if not _are_single_characters(found):
        return text
    mark, count = _most_common_gap(text)
    if not mark.strip() or count < JOINED_SHARE * len(found):
        return text
    joined = text.replace(mark, "")
    return joined if " " in joined or has_unspaced(text) else _segmented(joined, row.corpus.vocabulary)


def words_glued(text: str, row: Row) -> str:
    """Split runs of letters into known words."""
    tokens = text.split()
    if len(text) < max(FEWEST_CHARACTERS, GLUED_WORD * len(tokens)) or has_unspaced(text) or PIECES.search(text):
        return text
    if PATH.fullmatch(text.strip()) or MARKUP.search(text):
        return text
    split = _segmented(text, row.corpus.vocabulary)
    return _if_known(text, split, row.corpus.vocabulary) if len(split.split()) >= FEWEST_SPLIT else text


def words_broken(text: str, row: Row) -> str:
    """Remove the spaces inside words."""
    tokens, vocabulary = text.split(), row.corpus.vocabulary
    if len(tokens) < 4 or vocabulary.known_share(text) > 1 - KNOWN_GAIN or has_unspaced(text) or PIECES.search(text):
        return text
    if _are_single_characters(tokens) or WRONG_ENCODING.search(text):
        return text
    if not _are_broken(tokens, vocabulary):  # much faster than to find the words behind all letters
        return text
    joined = _segmented("".join(tokens), vocabulary)
    return _if_known(text, joined, vocabulary) if len(joined.split()) < len(tokens) else text


def _are_broken(tokens: list[str], vocabulary: Vocabulary) -> bool:
    """Return whether some neighbouring tokens, of which one is unknown, make a known word."""
    letters = ("".join(filter(str.isalnum, token)).casefold() for token in tokens)
    parts = [part for part in letters if part]
    return any(_is_word_in_pieces(parts[start : start + MOST_PIECES], vocabulary) for start in range(len(parts) - 1))


def _is_word_in_pieces(parts: list[str], vocabulary: Vocabulary) -> bool:
    """Return whether the first two or more parts, of which one is unknown, make a known word."""
    joined, known = parts[0], parts[0] in vocabulary
    for part in parts[1:]:
        if not vocabulary.begins_word(joined):
            return False
        joined, known = joined + part, known and part in vocabulary
        if joined in vocabulary and not known:
            return True
    return False


def lines_hyphenated(text: str) -> str:
    r"""Join the lines of a narrow column at the hyphens.

    >>> lines_hyphenated("Ann he-\nlps Bob at home."), lines_hyphenated("Ann helps.")
    ('Ann helps Bob at home.', 'Ann helps.')
    """
    return HYPHEN.sub("", text)


def lines_folded(text: str, row: Row) -> str:
    """Join lines that break inside sentences, or even inside words."""
    parts = text.split("\n")
    breaks = list(pairwise(parts))
    inner = [bool(before) and before.rstrip()[-1:] not in SENTENCE_ENDS for before, _ in breaks]
    folded = any(inside and after[:1].islower() for inside, (_, after) in zip(inner, breaks, strict=True))
    widths = [len(before) for before, _ in breaks]
    if not folded or sum(inner) < INNER_BREAKS * len(breaks) or min(widths) < NARROWEST * max(widths):
        return text
    if len(breaks) > 1 and min(widths) == max(widths):
        return "".join(parts)
    known, joined = row.corpus.vocabulary, parts[0]
    for before, after in breaks:
        left, right = LETTERS.findall(before)[-1:], LETTERS.findall(after)[:1]
        is_word = bool(left and right) and "".join(left + right).lower() in known and before[-1:].isalpha()
        halves = is_word and not all(word.lower() in known for word in left + right)
        joined += after if halves or before.endswith(" ") else f" {after}"
    return joined


def words_joined_by_marks(text: str) -> str:
    """Replace the mark that stands between most words, whatever it is, with a space.

    >>> words_joined_by_marks("Ann_helps_Bob_at_home."), words_joined_by_marks("Ann | helps | Bob | at | home.")
    ('Ann helps Bob at home.', 'Ann helps Bob at home.')
    >>> words_joined_by_marks("Ann, Bob, Carl and Eve come."), words_joined_by_marks("Ann helps Bob at home.")
    ('Ann, Bob, Carl and Eve come.', 'Ann helps Bob at home.')
    >>> words_joined_by_marks("Ann, is, at, home, with, Bob, now.")
    'Ann is at home with Bob now.'
    >>> words_joined_by_marks("home, help, cake, shop, bike, keys, train")
    'home, help, cake, shop, bike, keys, train'
    """
    mark, count = ("", 0) if PIECES.search(text) or has_unspaced(text) else _most_common_gap(text)
    fewest = FEWEST_JOINED if mark.strip() in LISTING else FEWEST_JOINED // 2
    if (
        mark.strip(" ") == ""
        or not _are_words(text)
        or (mark.strip() in LISTING and " " in mark and _share(_words(text), _is_short) < SHORT_WORDS)
        or count < max(fewest, JOINED_SHARE * (len(_words(text)) - 1))
    ):
        return text
    return re.sub(rf"(?<=\w){re.escape(mark)}(?=\w)", " ", text)


@cached
def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text))


def _are_single_characters(tokens: Sequence[str]) -> bool:
    """Return whether nearly all of several tokens are single characters."""
    return len(tokens) >= FEWEST_JOINED and list(map(len, tokens)).count(1) >= SEPARATED_TOKENS * len(tokens)


def _is_short(word: str) -> bool:
    return len(word) <= SHORT_WORD


def _are_words(text: str) -> bool:
    """Return whether most of what stands between gaps consists of letters, not of numbers."""
    return _share(_words(text), lambda word: word[0].isalpha()) > 0.5


def _most_common_gap(text: str) -> tuple[str, int]:
    """Return what stands most often between two words, and how often."""
    places = [match.span() for match in WORD.finditer(text)]
    gaps = Counter(text[end:start] for (_, end), (start, _) in pairwise(places))
    return max(gaps.items(), key=lambda gap: gap[1], default=("", 0))


def _segmented(text: str, vocabulary: Vocabulary) -> str:
    spaced = LETTERS.sub(lambda match: " ".join(vocabulary.segmented(match.group())), text)
    spaced = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", spaced)
    return re.sub(r"(?<=[.,;:!?])(?=[^\W\d_])", " ", spaced)


def _if_known(text: str, changed: str, vocabulary: Vocabulary) -> str:
    """Return `changed` if far more of its letters belong to known words."""
    better = vocabulary.known_share(changed) - vocabulary.known_share(text) >= KNOWN_GAIN
    return changed if better else text


def _share(tokens: Sequence[str], has_it: Callable[[str], bool]) -> float:
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
        characters_joined_by_marks,
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
        OfText(lines_hyphenated),
        "have words hyphenated at line ends",
        "write each summary on one line, before any layout in columns",
    ),
    Repair(
        "lines_folded",
        lines_folded,
        "have line breaks inside their sentences",
        "write each summary on one line, without fold or textwrap",
    ),
    Repair(
        "words_joined_by_marks",
        OfText(words_joined_by_marks),
        "have a mark in place of each space",
        "write the predictions with their spaces",
    ),
)
