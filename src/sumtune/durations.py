"""Durations as people write them."""

import re

__all__ = ["parse_duration"]

DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def parse_duration(value: object) -> object:
    """Return the seconds in a text such as `45m`, `1h30m` or `90s`; any other value unchanged.

    >>> parse_duration("45m"), parse_duration("1h30m"), parse_duration("90 s"), parse_duration(90)
    (2700.0, 5400.0, 90.0, 90)

    Raises:
        ValueError: the text is not a duration.
    """
    if not isinstance(value, str):
        return value
    found = DURATION.fullmatch(value.replace(" ", "").lower())
    if found is None or not any(found.groups()):
        raise ValueError("expected a duration such as 45m, 1h30m or 90s")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds
