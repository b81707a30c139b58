"""`sumtune convert`: write an export of another program as JSONL, one conversation per line."""

import os
from pathlib import Path

from sumtune.data.export import Export, read_export
from sumtune.data.json_rows import dump_row
from sumtune.errors import InputError
from sumtune.files.checksums import fingerprint
from sumtune.files.resumable import resumable_lines
from sumtune.plurals import counted

__all__ = ["convert"]

SHOWN_CONVERSATIONS = 2
SHOWN_TURNS = 8
SHOWN_CHARACTERS = 100
SUFFIXES = (".jsonl", ".ndjson")


def convert(source: Path, target: Path, *, overwrite: bool = False, dialogue_column: str | None = None) -> None:
    """Show what was recognized in `source`, then write all of its conversations to `target`, or none.

    Raises:
        InputError: `target` exists and `overwrite` is False, or it cannot be written.
        DataError: `source` cannot be read; nothing is written.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"--output {str(target)!r} will be JSONL: name it {str(target.with_suffix('.jsonl'))!r}.")
    if os.path.lexists(target) and not overwrite:
        raise InputError(f"{target} exists: give --output another name, or replace it with --overwrite.")
    export = read_export(source, dialogue_column)
    for line in _understood(source, export):
        print(line)
    lines = [dump_row(row) for row in export.rows]
    with resumable_lines(target, fingerprint([], lines)) as out:
        out.append(lines[out.done :])
        out.finish(len(lines))
    print(f"{counted(len(lines), 'conversation')} written to {target}.{_next_step(export)}")


def _understood(source: Path, export: Export) -> list[str]:
    """Return what was recognized, what was left out, and the first conversations."""
    found = counted(len(export.rows), "conversation")
    lines = [f"{source}: {export.format}, {found}, {export.with_summary} with a summary."]
    lines += [f"  {note}" for note in export.notes]
    if export.empty:
        lines.append(f"  left out: {counted(export.empty, 'conversation')} without text")
    for number, row in enumerate(export.rows[:SHOWN_CONVERSATIONS], 1):
        turns = row["dialogue"].split("\n")
        lines.append(f"Conversation {number}:")
        lines += [f"  {_shortened(turn)}" for turn in turns[:SHOWN_TURNS]]
        if len(turns) > SHOWN_TURNS:
            lines.append(f"  … and {counted(len(turns) - SHOWN_TURNS, 'more turn')}")
        lines += [f"  {name}: {_shortened(text)}" for name, text in row.items() if name.startswith("summary")]
    return lines


def _next_step(export: Export) -> str:
    if export.with_summary:
        return ""
    return " `sumtune summarize` reads it with --input; to tune with it, add a `summary` to each line."


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
