"""Definition of a format: how to recognize its rows, and how to turn a row into a dialogue."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["Format", "Reading", "Row", "Turn", "as_id", "is_list_of", "readings", "split_at_pauses", "threads"]

Row = Mapping[str, Any]
PAUSE = timedelta(hours=4)
"""A longer pause ends a conversation, because a chat may go on for years."""


@dataclass(frozen=True)
class Turn:
    """What somebody said, and the time if it is known."""

    speaker: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """A conversation from one row: a text, or turns."""

    dialogue: str | Sequence[Turn]
    summary: Any = None
    """None if the format has no summary; a column of the row may still hold one."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of messages left out, by kind."""

    def value(self) -> Any:
        """The dialogue as a value that `sumtune.data.dialogue` reads."""
        if isinstance(self.dialogue, str):
            return self.dialogue
        return [{"speaker": turn.speaker, "text": turn.text} for turn in self.dialogue]


@dataclass(frozen=True)
class Format:
    """A format of rows. When a row is read, its dialogue takes the place of `keys`; all other keys stay in the row."""

    name: str
    keys: tuple[str, ...]
    matches: Callable[[Row], bool]
    read: Callable[[Row], list[Reading]]
    is_prompt: bool = False
    """The dialogue is part of a prompt, perhaps with an instruction."""


def as_id(value: Any) -> str | None:
    """Return an id, given as a text or a number, as a text; None if `value` is neither, or empty."""
    return str(value) if isinstance(value, str | int) and value != "" else None


def is_list_of(value: Any, *keys: str) -> bool:
    """Return whether `value` is a list of at least one object and every object has one of `keys`."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and any(key in item for key in keys) for item in value)
    )


def split_at_pauses(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Split `turns` into conversations at pauses of four hours."""
    parts: list[list[Turn]] = []
    for turn in turns:
        last = parts[-1][-1].at if parts else None
        goes_on = last is None or turn.at is None or turn.at - last <= PAUSE
        if parts and goes_on:
            parts[-1].append(turn)
        else:
            parts.append([turn])
    return parts


def threads(turns: Iterable[tuple[Hashable | None, Turn]]) -> list[list[Turn]]:
    """Return the conversations of a channel, in order of their first turns.

    Each thread is one conversation; the turns outside of threads are split at pauses. `turns` are pairs of a thread and
    a turn; the thread is None outside of threads.
    """
    groups: dict[Hashable | None, list[Turn]] = {}
    for thread, turn in turns:
        groups.setdefault(thread, []).append(turn)
    parts = [*split_at_pauses(groups.pop(None, [])), *groups.values()]
    return sorted(parts, key=lambda part: part[0].at or datetime.min.replace(tzinfo=UTC))


def readings(parts: Iterable[Sequence[Turn]], left_out: Mapping[str, int]) -> list[Reading]:
    """Return a Reading for each conversation in `parts`; only the first has the counts of what was left out."""
    told = {what: count for what, count in left_out.items() if count}
    return [Reading(part, left_out=told if number == 0 else {}) for number, part in enumerate(parts)]
