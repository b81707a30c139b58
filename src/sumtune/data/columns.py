"""Find the columns of the dialogue and the summary by their names."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sumtune.errors import DataError

__all__ = [
    "DIALOGUE_NAMES",
    "SUMMARY_NAMES",
    "Columns",
    "find_columns",
    "find_dialogue",
    "find_summaries",
    "show_names",
]

DIALOGUE_NAMES = (
    "dialogue", "conversation", "text", "document", "article", "source", "transcript", "dialog", "messages", "turns",
    "utterances", "conversations", "chat", "meeting",
)  # fmt: skip
SUMMARY_NAMES = ("summary", "highlights", "target")
NUMBERED_SUMMARY = re.compile(rf"(?:{'|'.join(SUMMARY_NAMES)}|reference)[ _-]?(\d{{1,2}})")
"""`summary1`, `summary2`, …: several references for one dialogue."""
SHOWN_NAMES = 12
LONGEST_SHOWN_NAME = 30
Role = Literal["dialogue", "summary", "style"]


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; if `id` is None, examples are named by file and row."""

    dialogue: str
    summary: str
    id: str | None
    more_summaries: tuple[str, ...] = ()
    """Further summaries of the same dialogue."""
    style: str | None = None
    """Column of the style; None if there are no styles."""

    @property
    def summaries(self) -> tuple[str, ...]:
        """All columns with a summary."""
        return (self.summary, *self.more_summaries)


def find_columns(
    file: str,
    columns: Sequence[str],
    dialogue_column: str | None = None,
    summary_column: str | None = None,
    candidates: Sequence[str] | None = None,
    style_column: str | None = None,
) -> Columns:
    """Return the columns of `file`, found by name and ignoring case; a given name takes precedence over the known ones.

    `candidates` are the columns that hold texts and exist in every file: an error message only suggests one of these.

    >>> find_columns("a.csv", ["ID", "Summary", "Text"])
    Columns(dialogue='Text', summary='Summary', id='ID', more_summaries=(), style=None)

    Raises:
        DataError: a column is missing, or two roles have the same column.
    """
    usable = columns if candidates is None else candidates
    summaries = find_summaries(columns, summary_column)
    dialogue = find_dialogue(
        file, columns, dialogue_column, candidates=[name for name in usable if name not in summaries]
    )
    if not summaries or (summary_column is not None and summary_column in columns):
        others = [name for name in usable if name != dialogue]
        summaries = (_find("summary", file, columns, summary_column, SUMMARY_NAMES, others),)
    summary, *more = summaries
    if dialogue in (summary, *more):
        raise DataError(
            f"{file}: {show_names([dialogue])} cannot be both the dialogue and the summary; "
            "pass --dialogue-column and --summary-column with two different names."
        )
    others = [name for name in usable if name not in (dialogue, summary, *more)]
    style = None if style_column is None else _find("style", file, columns, style_column, (), others)
    if style in (dialogue, summary, *more):
        raise DataError(
            f"{file}: {show_names([style or ''])} cannot also be the style; pass --style-column another name."
        )
    return Columns(dialogue, summary, _match(columns, ("id",)), tuple(more), style)


def find_summaries(columns: Sequence[str], summary_column: str | None = None) -> tuple[str, ...]:
    """Return the summary columns, found by name: none, one, or several numbered ones.

    >>> find_summaries(["dialogue", "summary2", "summary1"])
    ('summary1', 'summary2')
    """
    named = _match(columns, SUMMARY_NAMES if summary_column is None else (summary_column,))
    if named is not None or summary_column is not None:
        return () if named is None else (named,)
    numbers = {name: int(match[1]) for name in columns if (match := NUMBERED_SUMMARY.fullmatch(_key(name)))}
    return tuple(sorted(numbers, key=lambda name: numbers[name]))


def find_dialogue(
    file: str,
    columns: Sequence[str],
    given: str | None = None,
    learned: str | None = None,
    candidates: Sequence[str] | None = None,
) -> str:
    """Return the dialogue column, ignoring case; a given name takes precedence over the known ones.

    `learned` is the name of the column that the model was tuned with. It is tried before the known names.

    Raises:
        DataError: there is no such column.
    """
    known = DIALOGUE_NAMES if learned is None else (learned, *DIALOGUE_NAMES)
    return _find("dialogue", file, columns, given, known, columns if candidates is None else candidates)


def show_names(names: Sequence[str]) -> str:
    """Return the names for an error message. Of a long name, which may be dialogue text, only the length is shown.

    >>> show_names(["id", "x" * 50])
    "'id', <50 characters>"
    """
    shown = [_show_name(name) for name in names[:SHOWN_NAMES]]
    more = len(names) - SHOWN_NAMES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _show_name(name: str) -> str:
    return repr(name) if len(name) <= LONGEST_SHOWN_NAME and "\n" not in name else f"<{len(name)} characters>"


def _find(
    role: Role, file: str, columns: Sequence[str], given: str | None, known: Sequence[str], candidates: Sequence[str]
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
        f"{_advice(role, candidates, wanted)}"
    )


def _advice(role: Role, candidates: Sequence[str], wanted: Sequence[str]) -> str:
    """Return what to do about a missing column; suggest only columns that are possible."""
    short = [name for name in candidates if name.strip() and not _is_long(name)]
    if not short:
        return f"None of them can be the {role}: add a column with the {role} of each row."
    by_key = {_key(name): name for name in short}
    near = [match for name in wanted for match in difflib.get_close_matches(_key(name), by_key, n=1)]
    if near:
        return f"Pass --{role}-column {by_key[near[0]]!r}."
    return f"If one of these is the {role}, pass --{role}-column with its name: {show_names(short)}."


def _match(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    by_key = {_key(name): name for name in reversed(columns)}
    return next((by_key[_key(name)] for name in wanted if _key(name) in by_key), None)


def _key(name: str) -> str:
    return name.strip().casefold()


def _is_long(name: str) -> bool:
    return len(name) > LONGEST_SHOWN_NAME
