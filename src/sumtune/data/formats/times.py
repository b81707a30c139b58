"""Parse the times of messages in exports."""

from datetime import UTC, datetime
from typing import Any

__all__ = ["parse_time"]


def parse_time(value: Any) -> datetime | None:
    """Return the time given as an ISO 8601 text or a number of seconds; None if it is neither.

    >>> parse_time("2024-05-01T10:00:00Z").isoformat(), parse_time("yesterday")
    ('2024-05-01T10:00:00+00:00', None)
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
