"""Which column is the dialogue and which is the summary."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sumtune.errors import DataError

__all__ = ["DIALOGUE_NAMES", "SUMMARY_NAMES", "Columns", "find_columns", "find_dialogue", "show_names"]

DIALOGUE_NAMES = ("dialogue", "conversation", "text", "document", "article", "source", "transcript")
SUMMARY_NAMES = ("summary", "highlights", "target")
SHOWN_NAMES = 12
LONGEST_SHOWN_NAME = 30


@dataclass(frozen=True)
class Columns:
    """Names of the columns that are read; `id` is None where examples are named by file and row."""

    dialogue: str
    summary: str
    id: str | None


def find_columns(
    file: str, columns: Sequence[str], dialogue_column: str | None = None, summary_column: str | None = None
) -> Columns:
    """The columns of `file` by their names, whatever their case; a given name wins over the known ones.

    >>> find_columns("a.csv", ["ID", "Summary", "Text"])
    Columns(dialogue='Text', summary='Summary', id='ID')

    Raises:
        DataError: a column is missing, or both are the same one.
    """
    dialogue = find_dialogue(file, columns, dialogue_column)
    summary = _find("summary", file, columns, summary_column, SUMMARY_NAMES)
    if dialogue == summary:
        raise DataError(
            f"{file}: {show_names([dialogue])} cannot be both the dialogue and the summary; "
            "pass --dialogue-column and --summary-column with two different names."
        )
    return Columns(dialogue, summary, _match(columns, ("id",)))


def find_dialogue(file: str, columns: Sequence[str], given: str | None = None, learned: str | None = None) -> str:
    """The column that holds the dialogue, whatever its case; a given name wins over the known ones.

    `learned` is the name that the model was tuned with: the first of the known ones.

    Raises:
        DataError: there is none.
    """
    known = DIALOGUE_NAMES if learned is None else (learned, *DIALOGUE_NAMES)
    return _find("dialogue", file, columns, given, known)


def show_names(names: Sequence[str]) -> str:
    """The names for an error message. A long one is counted only: without a header row it may be a dialogue.

    >>> show_names(["id", "x" * 50])
    "'id', <50 characters>"
    """
    shown = [_show_name(name) for name in names[:SHOWN_NAMES]]
    more = len(names) - SHOWN_NAMES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _show_name(name: str) -> str:
    return repr(name) if len(name) <= LONGEST_SHOWN_NAME and "\n" not in name else f"<{len(name)} characters>"


def _find(
    role: Literal["dialogue", "summary"], file: str, columns: Sequence[str], given: str | None, known: tuple[str, ...]
) -> str:
    if given is not None and given in columns:
        return given
    wanted = known if given is None else (given,)
    found = _match(columns, wanted)
    if found is not None:
        return found
    expected = f"no column {given!r}" if given is not None else f"no {role} column (one of {', '.join(known)})"
    hint = " Does the first row hold the names of the columns?" if any(_is_long(name) for name in columns) else ""
    raise DataError(
        f"{file} has {expected}; its columns are: {show_names(columns) or 'none'}.{hint} "
        f"Pass --{role}-column {_nearest(columns, wanted)}."
    )


def _match(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    by_key = {_key(name): name for name in reversed(columns)}
    return next((by_key[_key(name)] for name in wanted if _key(name) in by_key), None)


def _nearest(columns: Sequence[str], wanted: Sequence[str]) -> str:
    """The column most like one of `wanted`, quoted, or NAME where none is near."""
    by_key = {_key(name): name for name in columns if not _is_long(name)}
    near = [match for name in wanted for match in difflib.get_close_matches(_key(name), by_key, n=1)]
    return repr(by_key[near[0]]) if near else "NAME"


def _key(name: str) -> str:
    return name.strip().casefold()


def _is_long(name: str) -> bool:
    return len(name) > LONGEST_SHOWN_NAME
