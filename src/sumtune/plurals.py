"""Numbers of things, as people write them."""

__all__ = ["counted"]


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return the number and its noun, which is in the plural unless the number is one.

    >>> counted(1, "row"), counted(0, "row"), counted(2, "summary", "summaries")
    ('1 row', '0 rows', '2 summaries')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"
