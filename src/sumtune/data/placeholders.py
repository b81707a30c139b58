"""Words that programs and people write where a text is missing."""

__all__ = ["is_placeholder"]

PLACEHOLDERS = frozenset({
    "nan", "none", "null", "nil", "n/a", "na", "undefined", "unknown", "-", "--", "?", "tbd", "todo", "empty",
    "missing", "no summary", "no output",
})  # fmt: skip
AROUND = "<>[](){}'\".#"
"""Marks that may stand around such a word, as in `<NA>` and `#N/A`."""


def is_placeholder(text: str) -> bool:
    """Return whether `text` stands for a missing text.

    >>> is_placeholder("NaN"), is_placeholder("<NA>"), is_placeholder("Nan calls Ben.")
    (True, True, False)
    """
    return text.strip(AROUND).casefold() in PLACEHOLDERS
