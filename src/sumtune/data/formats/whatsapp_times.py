"""The times in exported chats, as the phones of different countries write them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise

__all__ = ["WHEN", "stamp_times"]

DATE = r"\d{1,4}(?:[./-]|\. |년 ?|年)\d{1,2}(?:[./-]|\. |월 ?|月)\d{1,4}[.일日]?"
MORNING = r"[Aa]\.?\s?[Mm]\.?|上午|午前|오전|ص"
AFTERNOON = r"[Pp]\.?\s?[Mm]\.?|下午|午後|오후|م"
HALF = rf"(?:{MORNING}|{AFTERNOON})"
CLOCK = rf"(?:{HALF}\s?)?\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:\s?{HALF})?"
WHEN = rf"{DATE}[,،]?\s{{1,2}}(?:(?!{HALF})[^\W\d_]{{1,4}}\s)?{CLOCK}"
"""Pattern of a date and a time, perhaps with a word between them as in `31.12.2023 klo 21.04`."""
MOST_DECREASES = 0.1
"""Share of the times that may be earlier than the one before. If more are, the assumed order of day and month is
wrong."""


def stamp_times(stamps: Sequence[str]) -> Sequence[datetime | None]:
    """Return the time of each stamp; all are None if they cannot be read.

    The time should not decrease from stamp to stamp. So if both day first and month first are possible, the order
    with fewer decreases is taken. A few are normal: a message that waited for the network keeps its time.

    >>> [str(time) for time in stamp_times(["1/2/24, 9:05 PM", "1/13/24, 12:05 AM"])]
    ['2024-01-02 21:05:00+00:00', '2024-01-13 00:05:00+00:00']
    """
    found: list[list[datetime]] = []
    for day_first in (True, False):
        with suppress(ValueError, IndexError):
            found.append([_time(stamp, day_first) for stamp in stamps])
    best = min(found, key=_decreases, default=None)
    return best if best is not None and _decreases(best) <= MOST_DECREASES * len(best) else [None] * len(stamps)


def _decreases(times: Sequence[datetime]) -> int:
    return sum(later < earlier for earlier, later in pairwise(times))


def _time(stamp: str, day_first: bool) -> datetime:
    first, second, third, hour, minute = map(int, re.findall(r"\d+", stamp)[:5])
    if re.match(r"\d{4}", stamp):
        year, month, day = first, second, third
    else:
        day, month, year = (first, second, third) if day_first else (second, first, third)
    if re.search(HALF, stamp):
        hour = hour % 12 + (12 if re.search(AFTERNOON, stamp) else 0)
    return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, tzinfo=UTC)
