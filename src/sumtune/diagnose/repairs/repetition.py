"""Repairs of repetition: of characters, words, sentences, or the whole text."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from sumtune.diagnose.repairs.repair import OfText, Repair
from sumtune.diagnose.text_features import ends_sentence, words
from sumtune.text.sentences import split_sentences

__all__ = ["REPAIRS", "ends_in_loop"]

FEWEST_WORDS = 4
FIRST_LETTERS = 3
FEWEST_TRIED = 3
BETWEEN_TRIES = " \n\t.…|-"
REPEATED = 0.6
"""Share of the words that must be repeats."""


def characters_repeated(text: str) -> str:
    """Return `text` with each character once if every character occurs several times in a row.

    >>> characters_repeated("AAnnnn  hheellppss.."), characters_repeated("Anna")
    ('Ann helps.', 'Anna')
    """
    if len(text) < 8:
        return text
    return next((text[::times] for times in (4, 3, 2) if all(
        part == part[0] * len(part) for part in (text[at : at + times] for at in range(0, len(text), times))
    ) and len(text) % times == 0), text)  # fmt: skip


def words_repeated(text: str) -> str:
    """Return `text` with each word once if most of its words occur several times in a row.

    >>> words_repeated("Ann Ann helps helps Bob Bob."), words_repeated("Bye bye, Ann.")
    ('Ann helps Bob.', 'Bye bye, Ann.')
    >>> words_repeated("Ann helps Bob now now now now now now now")
    'Ann helps Bob now now now now now now now'
    """
    runs = [list(run) for _, run in groupby(text.split(), key=lambda word: word.strip(".,!?;:").casefold())]
    total = sum(map(len, runs))
    repeated = [len(run) for run in runs if len(run) > 1]
    if total < FEWEST_WORDS or sum(repeated) < REPEATED * total or 2 * len(repeated) < len(runs):
        return text
    return " ".join(_once(run) for run in runs)


def _once(run: Sequence[str]) -> str:
    """Return the longest form of the word that `run` repeats, which is the one with punctuation.

    It is returned once, even if the undamaged text had the word twice in a row.
    """
    return max(run, key=len)


def text_repeated(text: str) -> str:
    """Return the repeated part of `text` if all of it is one part several times.

    >>> text_repeated("Ann helps Bob. Ann helps Bob."), text_repeated("Ann helps Bob. Ann leaves.")
    ('Ann helps Bob.', 'Ann helps Bob. Ann leaves.')
    """
    tokens = [(match.group().casefold(), match.start()) for match in re.finditer(r"\w+", text)]
    found = [token for token, _ in tokens]
    for period in range(1, len(found) // 2 + 1):
        if len(found) >= FEWEST_WORDS and len(found) % period == 0 and found[period:] == found[:-period]:
            return text[: tokens[period][1]].rstrip(" \n\t|;/,-(\"'[{#*=")
    return text


def started_again(text: str) -> str:
    """Drop the unfinished tries before the whole text.

    >>> started_again("Ann helps Bob at Ann helps Bob at home."), started_again("AnnAnn helpsAnn helps Bob.")
    ('Ann helps Bob at home.', 'Ann helps Bob.')
    >>> started_again("Ann helps Bob. Ann helps Carl.")
    'Ann helps Bob. Ann helps Carl.'
    """
    first = next(iter(text.split()), "")[:FIRST_LETTERS]
    starts = [match.start() for match in re.finditer(re.escape(first), text)][1:] if first else []
    return next((text[start:] for start in reversed(starts) if _are_tries(text[:start], text[start:])), text)


def _are_tries(before: str, whole: str) -> bool:
    """Return whether `before` consists of starts of `whole`, with at least `FEWEST_TRIED` words, and is no loop."""
    if whole.count(" ".join(whole.split()[:FEWEST_TRIED])) > 1 or ends_sentence(before):
        return False
    rest, tried = before.lstrip(), 0
    while rest:
        pairs = enumerate(zip(rest, whole, strict=False))
        end = next((place for place, (one, two) in pairs if one != two), min(len(rest), len(whole)))
        if end == 0:
            return False
        tried += len(rest[:end].split())
        rest = rest[end:].lstrip(BETWEEN_TRIES)
    return tried >= FEWEST_TRIED


def sentences_repeated(text: str) -> str:
    """Drop sentences that occur earlier in the text.

    >>> sentences_repeated("Ann helps. Ann helps. Bob is late. Bob is late.")
    'Ann helps. Bob is late.'
    """
    sentences = split_sentences(text)
    once = {" ".join(words(sentence)) or sentence: sentence for sentence in reversed(sentences)}
    return " ".join(list(once.values())[::-1]) if len(once) < len(sentences) else text


def ends_in_loop(text: str) -> str:
    """Drop the repeats with which a text ends.

    >>> ends_in_loop("Ann helps Bob and then and then and then and")
    'Ann helps Bob and then'
    """
    tokens = text.split()
    folded = [token.strip(".,!?;:").casefold() for token in tokens]
    for period in range(1, len(tokens) // 3 + 1):
        start = len(tokens) - 1
        while start >= period and folded[start] == folded[start - period]:
            start -= 1
        if len(tokens) - 1 - start >= max(2 * period, FEWEST_WORDS):
            return " ".join(tokens[: start + 1])
    return text


def _repair(function: Callable[[str], str], what: str, remedy: str, certain: bool = True) -> Repair:
    return Repair(function.__name__, OfText(function), what, remedy, certain)


REPAIRS = (
    _repair(characters_repeated, "have every character twice or more", "write each character once"),
    _repair(words_repeated, "have every word twice or more", "write each word once: append each token only once"),
    _repair(text_repeated, "contain their whole text twice or more",
            "write each summary once: do not append to an old text"),
    _repair(started_again, "contain an unfinished start before the whole text",
            "drop the partial text before a retry; if each chunk of a stream has the whole text so far, keep the last "
            "chunk"),
    _repair(sentences_repeated, "repeat their sentences", "write each sentence once, or set no_repeat_ngram_size=3",
            certain=False),
    _repair(ends_in_loop, "end in a loop",
            "stop generation at the end token (eos_token_id), or set no_repeat_ngram_size=3", certain=False),
)  # fmt: skip
