"""Rows from JSON that is not a list of objects, and from lines of text, as other tools write their outputs."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from sumtune.data.table import Table

__all__ = ["LINE", "plain_rows", "table_of_lines"]

LINE = "line"
"""Column of a text that has no name."""


def table_of_lines(file: str, text: str, split: str | None) -> Table:
    """Return a table with one row per line. A blank line is a row, too: it may be an empty prediction."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n").split("\n")
    return Table(file, split, (LINE,), tuple((number, {LINE: line}) for number, line in enumerate(lines, 1)))


def plain_rows(value: Any) -> Any:
    """Return the rows in a list of texts, in lists by column, or in an orientation of pandas' JSON; otherwise `value`.

    >>> plain_rows(["a", "b"])
    [{'line': 'a'}, {'line': 'b'}]
    >>> plain_rows({"prediction": ["a", "b"], "reference": ["c", "d"], "rouge1": 0.4})
    [{'prediction': 'a', 'reference': 'c'}, {'prediction': 'b', 'reference': 'd'}]
    >>> plain_rows({"columns": ["prediction"], "data": [["a"], ["b"]]})
    [{'prediction': 'a'}, {'prediction': 'b'}]
    >>> plain_rows({"prediction": {"0": "a", "1": "b"}})
    [{'prediction': 'a'}, {'prediction': 'b'}]
    """
    if isinstance(value, list):
        return [_row(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip_longest(map(str, names), row[: len(names)])) for row in data]
    return _by_column(value) or value


def _row(item: Any) -> Any:
    """Return one item of a list as a row; of several candidates for one input, the first."""
    if isinstance(item, list) and item and isinstance(item[0], Mapping):
        return item[0]
    return {LINE: item} if isinstance(item, str) else item


def _by_column(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = {name: _values(column) for name, column in value.items()}
    known = {name: column for name, column in columns.items() if column and _are_cells(column)}
    sizes = {len(column) for column in known.values()}
    if len(sizes) != 1:
        return []
    return [dict(zip(known, cells, strict=True)) for cells in zip(*known.values(), strict=True)]


def _values(column: Any) -> list[Any] | None:
    """Return the values of a list, or of an object that pandas has written: its keys are row numbers."""
    if isinstance(column, Mapping):
        return list(column.values()) if all(str(key).isdigit() for key in column) else None
    return column if isinstance(column, list) else None


def _are_cells(column: Iterable[Any]) -> bool:
    return not any(isinstance(cell, Mapping) for cell in column)
