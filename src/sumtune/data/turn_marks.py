"""Split texts whose turns are not one per line: lists in a text, HTML, and marks between turns."""

import ast
import io
import json
import re
import tokenize
from typing import Any

from sumtune.data.formats.html_text import has_markup, html_lines

__all__ = ["Marked", "has_labels", "list_in_text", "split_marks"]

LABEL = re.compile(r"[^\s:：][^:：\n]{0,50}[:：]\s*\S")
"""A line that begins with a name."""
INNER_LABEL = re.compile(r"(?:^|[\s.!?])([^\W\d_][\w.'-]{0,30}(?: [^\W\d_][\w.'-]{0,30})?): ")
MARK = re.compile(r"\\r\\n|\\n|\[SEP\]|<sep>|__eou__|<eou>|\|\|\|", re.IGNORECASE)
LIST_KEYS = ("messages", "turns", "dialogue", "conversation", "conversations", "utterances")
LIST = re.compile(r"\s*(?:\[\s*[\[{\"']|\{\s*[\"'](?:" + "|".join(LIST_KEYS) + r")[\"']\s*:)")
LEAST_LABELLED = 0.5
"""Share of the parts that must begin with a name before a mark counts as the end of a turn."""
Marked = tuple[str, str]
"""The text with one turn per line, and what separated the turns before."""


def list_in_text(text: str) -> list[Any] | None:
    r"""Return the list that `text` contains as JSON or as Python prints it; None if it is not a list.

    >>> list_in_text('["Ann: hi"]'), list_in_text("[{'speaker': 'Ann', 'text': 'hi'}]"), list_in_text("[Ann] hi")
    (['Ann: hi'], [{'speaker': 'Ann', 'text': 'hi'}], None)
    """
    if not LIST.match(text) or text.rstrip()[-1] not in "]}":
        return None
    for read in (json.loads, _python_value):
        try:
            value = read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, tokenize.TokenError):
            continue
        if isinstance(value, dict):
            value = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), None)
        if isinstance(value, list) and value:
            return value
    return None


def split_marks(text: str) -> Marked | None:
    r"""Return `text` with one turn per line, and what separated the turns; None unless most parts begin with a name.

    >>> split_marks("Ann: hi\\nBob: yo<3")
    ('Ann: hi\nBob: yo<3', 'marks between turns')
    >>> split_marks("Ann: hi<br/>Bob: yo")
    ('Ann: hi\nBob: yo', 'HTML')
    >>> split_marks("no name here<br>and none here") is None
    True
    """
    if has_markup(text) and _are_turns(lines := html_lines(text), 1.0 if "\n" in text else LEAST_LABELLED):
        return lines, "HTML"
    if "\n" not in text and MARK.search(text):
        lines = "\n".join(part.strip() for part in MARK.split(text) if part.strip())
        if _are_turns(lines):
            return lines, "marks between turns"
    return None


def has_labels(line: str) -> bool:
    """Return whether this line may hold several turns.

    >>> has_labels("Ann: hi Bob: yo"), has_labels("Ann: see you at 5")
    (True, False)
    """
    return len(INNER_LABEL.findall(line)) > 1


def _are_turns(text: str, least_share: float = LEAST_LABELLED) -> bool:
    lines = text.split("\n")
    labelled = sum(LABEL.match(line) is not None for line in lines)
    return labelled >= 2 and labelled >= least_share * len(lines)


def _python_value(text: str) -> Any:
    """Return the Python literal in `text`. As in NumPy's arrays, strings without a comma between them are items."""
    tokens, last = [], None
    for token in tokenize.generate_tokens(io.StringIO(text.replace("\n", " ")).readline):
        if token.type == last == tokenize.STRING:
            tokens.append((tokenize.OP, ","))
        tokens.append((token.type, token.string))
        last = token.type
    return ast.literal_eval(tokenize.untokenize(tokens).strip())
