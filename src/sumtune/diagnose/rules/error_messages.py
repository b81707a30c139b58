"""Predictions that are error messages of a program, written in place of an answer."""

import re
from collections import Counter

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import look_finding
from sumtune.diagnose.text_features import content_words, share

__all__ = ["error_messages"]

FEWEST_ERRORS = 3
ERROR_SHARE = 0.03
"""Smallest number and share of predictions that are error messages."""
SAID = 0.5
"""Largest share of the names and long words of an error message that occur in its dialogue; a summary of a talk about
errors has more."""
IN_REFERENCE = 0.25
"""The same for its reference."""
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
    """Predictions with words of an error message, and with few words of their dialogue and reference."""
    dialogues = outputs.dialogues or ("",) * len(outputs)
    rows = zip(outputs.predictions, outputs.first_references, dialogues, strict=True)
    errors = [error if (error := ERROR.search(text)) and _is_foreign(text, *row) else None for text, *row in rows]
    bad = list(map(bool, errors))
    if sum(bad) < FEWEST_ERRORS or share(bad) < ERROR_SHARE:
        return None
    ((most, _),) = Counter(error[0].strip().lower() for error in errors if error).most_common(1)
    return look_finding(
        outputs,
        "error_messages",
        bad,
        "are error messages of a program",
        f"{sum(bad)} of {len(bad)} predictions have words of an error message, most often {most!r}, and few words of "
        "their dialogue and reference.",
        {},
    )


def _is_foreign(text: str, reference: str, dialogue: str) -> bool:
    """Return whether the dialogue and the reference have few of the names and long words of `text`."""
    its = content_words(text)
    return len(its & content_words(dialogue)) <= SAID * len(its) and len(
        its & content_words(reference)
    ) <= IN_REFERENCE * len(its)
