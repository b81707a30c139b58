"""Repair of text that programs print while they generate: progress bars, warnings, log lines."""

import re

from sumtune.diagnose.repairs.repair import OfText, Repair
from sumtune.text.words import has_words

__all__ = ["REPAIRS"]

PROGRESS = re.compile(
    r"\s{0,3}(?<!\S)(?:(?:Loading checkpoint shards|\w{1,20}):\s{1,3})?"
    r"\d{1,3}%\|[^|\n]{0,80}\|(?:[ \t]?\d+/\d+)?(?:[ \t]?\[[^\]\n]{0,80}\])?\s{0,3}"
)
"""A progress bar of tqdm, with its label."""
LOG_LINE = re.compile(
    r"^(?:(?:\S+:\d+: )?\w*Warning: |Setting `pad_token_id` |huggingface/tokenizers: "
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*\s(?:\W{0,3}[\w.-]+)?\W{1,3}(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b"
    r"|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)[:\]|]).*(?:\n|$)",
    re.MULTILINE,
)


def log_lines_left(text: str) -> str:
    r"""Remove progress bars and log lines, unless nothing is left.

    >>> log_lines_left("UserWarning: use a GPU\nAnn helps 40%|████      | 2/5 [00:01<00:02, 1.9it/s]\nBob.")
    'Ann helps Bob.'
    >>> log_lines_left("Ann saved 40% | 2 of 5."), log_lines_left("Ann got a warning: it is late.")
    ('Ann saved 40% | 2 of 5.', 'Ann got a warning: it is late.')
    """
    found = LOG_LINE.sub("", text)
    if "%|" in text:
        found = PROGRESS.sub(" ", found)
    return found.strip() if found != text and has_words(found) else text


REPAIRS = (
    Repair(
        "log_lines_left",
        OfText(log_lines_left),
        "contain progress bars or log lines",
        "print them to standard error, or switch them off, so that they do not get into the predictions",
    ),
)
