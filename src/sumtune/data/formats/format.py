"""What a format is: how a row of it is recognized, and how it becomes a dialogue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

__all__ = ["Format", "Reading", "Row", "Turn", "is_list_of", "split_at_pauses"]

Row = Mapping[str, Any]
PAUSE = timedelta(hours=4)
"""A longer silence ends a conversation of a chat that goes on for years."""


@dataclass(frozen=True)
class Turn:
    """What somebody said, and when, where that is known."""

    speaker: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """A conversation of a row: a text, or turns."""

    dialogue: str | Sequence[Turn]
    summary: Any = None
    """None where the format has none; a column of the row may hold one."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many messages were left out, by what they are."""

    def value(self) -> Any:
        """The dialogue as a value that `sumtune.data.dialogue` reads."""
        if isinstance(self.dialogue, str):
            return self.dialogue
        return [{"speaker": turn.speaker, "text": turn.text} for turn in self.dialogue]


@dataclass(frozen=True)
class Format:
    """A format of rows. `keys` are those that a reading replaces; the others stay in the row."""

    name: str
    keys: tuple[str, ...]
    matches: Callable[[Row], bool]
    read: Callable[[Row], list[Reading]]
    is_prompt: bool = False
    """The dialogue stands in a prompt, perhaps with an instruction."""


def is_list_of(value: Any, *keys: str) -> bool:
    """Return whether `value` is a list of objects which all have one of `keys`; an empty list is none."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and any(key in item for key in keys) for item in value)
    )


def split_at_pauses(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Return the conversations in `turns`: a silence of four hours ends one."""
    parts: list[list[Turn]] = []
    for turn in turns:
        last = parts[-1][-1].at if parts else None
        goes_on = last is None or turn.at is None or turn.at - last <= PAUSE
        if parts and goes_on:
            parts[-1].append(turn)
        else:
            parts.append([turn])
    return parts
