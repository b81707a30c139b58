"""Repairs of the case of letters. ROUGE ignores case, so they show in no score."""

import re

from sumtune.diagnose.repairs.repair import Repair, Row
from sumtune.diagnose.text_features import TURN, cached, share, words

__all__ = ["REPAIRS"]

INNER_CAPITAL = re.compile("[a-z][A-Z]")


@cached
def case_destroyed(text: str) -> str:
    """Return a text in upper, lower, title or random case with the case of a sentence.

    >>> case_destroyed("ANN HELPS."), case_destroyed("Ann helps.")
    ('Ann helps.', 'Ann helps.')
    """
    return (
        text.capitalize()
        if any(has_it(text) for has_it in (_all_upper, _none_upper, _random_upper, _title_case))
        else text
    )


def _of_sentences(text: str, row: Row) -> str:
    """Return the text in the case of a sentence, unless its start may be lost, with capital and speaker."""
    destroyed = case_destroyed(text)
    return text if destroyed == text or _is_nameless(text, row.dialogue) else destroyed


def _is_nameless(text: str, dialogue: str) -> bool:
    """Return whether `text` has no capital letter and no speaker of a dialogue that has speakers."""
    names = {word for turn in TURN.findall(dialogue) for word in words(turn)}
    return bool(names) and _none_upper(text) and names.isdisjoint(words(text))


def _all_upper(text: str) -> bool:
    return share(map(str.isupper, filter(str.isalpha, text))) > 0.9


def _none_upper(text: str) -> bool:
    """Return whether no letter is a capital, in a script that has capitals."""
    return not any(map(str.isupper, text)) and text != text.upper() and bool(words(text))


def _random_upper(text: str) -> bool:
    """Return whether over a fifth of the words have a capital after a lower-case letter."""
    return bool(INNER_CAPITAL.search(text)) and share(map(bool, map(INNER_CAPITAL.search, text.split()))) > 0.2


def _title_case(text: str) -> bool:
    found = [word for word in text.split() if word[0].isalpha()]
    return len(found) >= 4 and all(word[0].isupper() for word in found) and not _all_upper(text)


REPAIRS = (
    Repair(
        "case_destroyed",
        _of_sentences,
        "have lost the case of their letters",
        "remove lower(), upper() or an uncased tokenizer from the code that writes the predictions",
    ),
)
