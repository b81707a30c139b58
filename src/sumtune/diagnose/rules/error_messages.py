"""Predictions that are error messages of a program, written in place of an answer."""

import re
from collections import Counter

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import look_finding
from sumtune.diagnose.text_features import share, words

__all__ = ["error_messages"]

FEWEST_ERRORS = 3
ERROR_SHARE = 0.03
"""Smallest number and share of predictions that are error messages."""
ERROR = re.compile(
    r"^\W{0,9}(?:\w{0,30}(?:error|exception)|traceback|fatal)\b"
    r"|[\"']error[\"']\s?:|<(?:!doctype|html)\b"
    r"|\b(?:rate limit|time-?out|timed out|connection (?:error|refused|reset|terminat(?:ed|ion))|bad gateway|quota"
    r"|service (?:temporarily )?unavailable|internal server error|too many requests|unauthorized|retry after"
    r"|after \d+ retries|out of memory)\b",
    re.IGNORECASE,
)
"""The start or the words of an error message."""


def error_messages(outputs: Outputs) -> Finding | None:
    """Predictions with words of an error message, and without a name that their dialogue or reference has."""
    found = [ERROR.search(text) for text in outputs.predictions]
    if sum(map(bool, found)) < FEWEST_ERRORS:
        return None
    known = file_words(outputs)
    dialogues = outputs.dialogues or ("",) * len(outputs)
    rows = zip(outputs.predictions, outputs.first_references, dialogues, strict=True)
    named = [not known.names_in(f"{reference}\n{said}").isdisjoint(words(text)) for text, reference, said in rows]
    bad = [bool(error) and not name for error, name in zip(found, named, strict=True)]
    if sum(bad) < FEWEST_ERRORS or share(bad) < ERROR_SHARE:
        return None
    phrases = Counter(error[0].strip().lower() for error, is_bad in zip(found, bad, strict=True) if error and is_bad)
    ((most, _),) = phrases.most_common(1)
    return look_finding(
        outputs,
        "error_messages",
        bad,
        "are error messages of a program",
        f"{sum(bad)} of {len(bad)} predictions have words of an error message, most often {most!r}, and none of the "
        "names in their dialogue or reference.",
        {},
    )
