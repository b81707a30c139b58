"""Words that programs and people write where a text is missing."""

__all__ = ["is_placeholder"]

PLACEHOLDERS = frozenset(
    {"nan", "none", "null", "nil", "n/a", "#n/a", "na", "undefined", "unknown", "-", "--", "?", "tbd", "todo", "empty"}
)


def is_placeholder(text: str) -> bool:
    """Return whether `text` stands for a missing text.

    >>> is_placeholder("NaN"), is_placeholder("Nan calls Ben.")
    (True, False)
    """
    return text.casefold() in PLACEHOLDERS
