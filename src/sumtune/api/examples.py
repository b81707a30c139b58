"""Examples from memory as the lines of JSONL files."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sumtune.data.example import SPLITS
from sumtune.data.split import split_name
from sumtune.errors import DataError

__all__ = ["ONLY", "Examples", "jsonl_files"]

Examples: TypeAlias = str | os.PathLike[str] | Iterable[Any]
"""What `--data` accepts (a path, a hub id or `embedded`), pairs of dialogue and summary, rows as mappings, a pandas
DataFrame, a `datasets.Dataset`, or a mapping of the names of splits to any of the last four."""

ONLY = "examples"
"""Name of the file, also in messages about its rows, if there are no splits."""
MISSING = ("NAType", "NaTType")
"""Types of pandas for a missing value."""


def jsonl_files(examples: Iterable[Any]) -> dict[str, str]:
    r"""Return the content of a JSONL file by its name: one for each split, or only `examples`.

    >>> jsonl_files([("Ann: Hi\nBob: Hello", "They greet.")])
    {'examples': '{"dialogue": "Ann: Hi\\nBob: Hello", "summary": "They greet."}\n'}

    Raises:
        DataError: there is no example, one is neither a pair nor a mapping, or the keys are not splits.
    """
    if not isinstance(examples, Mapping):
        return {ONLY: _lines(examples, ONLY)}
    unknown = [name for name in examples if not isinstance(name, str) or split_name(name) is None]
    if unknown or not examples:
        raise DataError(f"The examples are a mapping with the keys {list(examples)!r}: expected {', '.join(SPLITS)}.")
    return {name: _lines(rows, name) for name, rows in examples.items()}


def _lines(examples: Any, name: str) -> str:
    if hasattr(examples, "columns") and hasattr(examples, "to_dict"):  # a DataFrame; iterating over it gives columns
        examples = examples.to_dict("records")
    if isinstance(examples, str | bytes) or not isinstance(examples, Iterable):
        raise DataError(f"{name}: expected pairs of dialogue and summary, not {type(examples).__name__!r}.")
    rows = [_row(example, f"{name}:{number}") for number, example in enumerate(examples, 1)]
    if not rows:
        raise DataError(f"{name}: there is no example; expected pairs of dialogue and summary.")
    return "".join(json.dumps(row, default=_plain) + "\n" for row in rows)


def _row(example: Any, place: str) -> dict[str, Any]:
    if isinstance(example, Mapping):
        return {str(key): None if _is_nan(value) else value for key, value in example.items()}
    if isinstance(example, tuple | list) and len(example) == 2:
        return dict(zip(("dialogue", "summary"), example, strict=True))
    raise DataError(f"{place} is {type(example).__name__!r}: expected a pair of dialogue and summary, or a mapping of "
                    "column names to values.")  # fmt: skip


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def _plain(value: Any) -> Any:
    """Convert a value of another library (NumPy, pandas, datetime) to one that JSON can hold."""
    if type(value).__name__ in MISSING:
        return None
    return value.tolist() if hasattr(value, "tolist") else str(value)
