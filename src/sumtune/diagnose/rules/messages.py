"""Predictions that are messages in place of a summary: errors of a program, or a refusal of the model."""

import re
from collections import Counter

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.odd_looks import look_finding
from sumtune.diagnose.text_features import content_words, share

__all__ = ["error_messages", "refusals"]

FEWEST_MESSAGES = 3
MESSAGE_SHARE = 0.03
"""Smallest number and share of predictions that are such messages."""
SAID = 0.5
"""Largest share of the names and long words of a message that occur in its dialogue; a summary of a talk about
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
REFUSAL = re.compile(
    r"\bas an ai\b|\bjust an ai\b|\busage polic(?:y|ies)\b"
    r"|\bi(?:['’]m| am)? (?:can(?:['’]t| ?not)|(?:un|not )able to|won['’]t|do(?:n['’]t| not) feel comfortable)\b"
    r"[^.!?\n]{0,40}?\b(?:assist|help|summar\w+|provide|fulfill?|comply|create|process|discuss|talk about|engage)",
    re.IGNORECASE,
)
"""Words of a refusal."""


def error_messages(outputs: Outputs) -> Finding | None:
    """Predictions with words of an error message, and with few words of their dialogue and reference."""
    return _messages(outputs, "error_messages", ERROR, "are error messages of a program", "an error message")


def refusals(outputs: Outputs) -> Finding | None:
    """Predictions with words of a refusal, and with few words of their dialogue and reference."""
    return _messages(outputs, "refusals", REFUSAL, "are refusals of the model", "a refusal")


def _messages(outputs: Outputs, code: str, pattern: re.Pattern[str], what: str, name: str) -> Finding | None:
    dialogues = outputs.dialogues or ("",) * len(outputs)
    rows = zip(outputs.predictions, outputs.first_references, dialogues, strict=True)
    found = [match if (match := pattern.search(text)) and _is_foreign(text, *row) else None for text, *row in rows]
    bad = list(map(bool, found))
    if sum(bad) < FEWEST_MESSAGES or share(bad) < MESSAGE_SHARE:
        return None
    ((most, _),) = Counter(match[0].strip().lower() for match in found if match).most_common(1)
    return look_finding(
        outputs,
        code,
        bad,
        what,
        f"{sum(bad)} of {len(bad)} predictions have words of {name}, most often {most!r}, and few words of "
        "their dialogue and reference.",
        {},
    )


def _is_foreign(text: str, reference: str, dialogue: str) -> bool:
    """Return whether the dialogue and the reference have few of the names and long words of `text`."""
    its = content_words(text)
    return len(its & content_words(dialogue)) <= SAID * len(its) and len(
        its & content_words(reference)
    ) <= IN_REFERENCE * len(its)
