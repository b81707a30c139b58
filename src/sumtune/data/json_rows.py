"""JSON and JSONL files as tables."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sumtune.data.columns import DIALOGUE_NAMES, show_names
from sumtune.data.content import Text
from sumtune.data.dialogue import is_unicode
from sumtune.data.formats.format import is_list_of
from sumtune.data.formats.recognize import recognize_format
from sumtune.data.issues import Issue, undecodable
from sumtune.data.plain_rows import plain_rows
from sumtune.data.split import split_name
from sumtune.data.table import Parsed, Table, malformed, parsed_table
from sumtune.data.turns import TEXT_KEYS
from sumtune.errors import DataError

__all__ = ["dump_row", "json_lines", "read_json", "read_lines"]

DECODER = json.JSONDecoder(parse_constant=lambda _name: None)
"""Reads `NaN` and `Infinity` as null: JSON has neither, and many programs write NaN for a missing value."""
LIST_KEYS = ("data", "conversations", "tickets", "results", "items", "rows", "examples", "value")
"""Keys under which an object may hold a list of rows."""
NEXT_PAGE = (("@odata.nextLink",), ("next_page",), ("has_more",), ("meta", "has_more"), ("pages", "next"))
"""Where Graph, Zendesk, Slack and Intercom say that there is another page."""
FORMS = 'Expected a list of objects, {"train": [...], "test": [...]} or {"data": [...]}, or one object a line.'


@dataclass(frozen=True)
class _Broken:
    """Error that says why a text is not JSON."""

    reason: str
    is_unicode: bool = True


def read_json(place: str, file: str, text: str, split: str | None, plain: bool = False) -> list[Table]:
    """Return the tables of a JSON file: one, or one for each split that it holds.

    With `plain`, lists of texts and columns are rows, too.

    Raises:
        DataError: the file is not JSON, or a list of objects is missing where one is expected.
    """
    value = _parse(text)
    if isinstance(value, _Broken):
        if isinstance(_parse(text.lstrip().splitlines()[0]), dict):
            return [read_lines(file, Text(text), split)]
        raise DataError(f"{place} cannot be read: {value.reason}. {FORMS}")
    tables = _tables(place, file, plain_rows(value) if plain else value, split)
    return [tables[0].with_issues(*_more_pages(file, value)), *tables[1:]]


def _more_pages(file: str, value: Any) -> Iterator[Issue]:
    """Yield a warning if `value` is one page of a list that an API returns in several pages."""
    if isinstance(value, dict) and (keys := next((keys for keys in NEXT_PAGE if _reaches(value, keys)), None)):
        reason = f"it is one page of several ({keys[-1]!r} says so): fetch the others, too, and convert each"
        yield Issue("one_page", "warning", reason, file)


def _reaches(value: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return bool(value)


def _tables(place: str, file: str, value: Any, split: str | None) -> list[Table]:
    if isinstance(value, dict) and _is_row(value):
        value = [value]
    if isinstance(value, list):
        return [parsed_table(file, split, _in_list(file, value))]
    lists = _lists_by_split(place, value) if isinstance(value, dict) else {}
    if not lists or (split is not None and set(lists) - {split, None}):
        keys = show_names(list(value)) if isinstance(value, dict) else ""
        found = f"an object with {keys or 'no keys'}" if isinstance(value, dict) else _json_type(value)
        raise DataError(f"{place} holds {found}. {FORMS}")
    names = {name: f"{file}#{name}" if name else file for name in lists}
    return [parsed_table(names[name], name or split, _in_list(names[name], values)) for name, values in lists.items()]


def read_lines(file: str, text: Text, split: str | None) -> Table:
    """Return the table of a JSONL file."""

    def lines() -> Parsed:
        with text.open(newline=None) as stream:
            yield from json_lines(file, stream)

    return parsed_table(file, split, lines)


def json_lines(file: str, lines: Iterable[str]) -> Parsed:
    """Yield the number of each line that is not blank, with its object or what is wrong with it."""
    return _rows(file, ((row, _parse(line)) for row, line in enumerate(lines, 1) if line.strip()))


def dump_row(row: Mapping[str, Any]) -> str:
    """Return `row` as a line of JSONL; values unknown to JSON, such as dates, become text, and NaN becomes null.

    >>> dump_row({"text": "é", "score": float("nan")})
    '{"text": "é", "score": null}'
    """
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:
        return json.dumps(_without_nan(row), ensure_ascii=False, default=str)


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parse(text: str) -> Any:
    """Return the JSON value of `text`, or a `_Broken` that says why it has none."""
    try:
        return DECODER.decode(text)
    except RecursionError:
        return _Broken("it is nested too deeply")
    except json.JSONDecodeError as error:
        return _Broken(f"it is not JSON ({error.msg}, column {error.colno})", is_unicode(text))
    except ValueError:
        return _Broken("it holds a number with too many digits")


def _in_list(file: str, values: Sequence[Any]) -> Callable[[], Parsed]:
    return lambda: _rows(file, enumerate(values, 1))


def _rows(file: str, values: Iterable[tuple[int, Any]]) -> Parsed:
    for row, value in values:
        if isinstance(value, dict):
            yield row, value
        elif not isinstance(value, _Broken):
            yield row, malformed(file, row, f"it is {_json_type(value)}, expected an object with a dialogue")
        elif value.is_unicode:
            yield row, malformed(file, row, value.reason)
        else:
            yield row, undecodable(file, row, "the row")


def _lists_by_split(place: str, value: Mapping[str, Any]) -> dict[str | None, list[Any]]:
    """Return the list of each split. Without split names, the list under a key such as `data` is the split None."""
    lists: dict[str | None, list[Any]] = {}
    for key, items in value.items():
        name = split_name(key)
        if name is None or items is None:
            continue
        if not isinstance(items, list):
            raise DataError(
                f"{place} holds {_json_type(items)} under {key!r}, expected a list of objects with a dialogue and a "
                "summary each."
            )
        if name in lists:
            raise DataError(f"{place} holds the {name} split twice, once as {key!r}; keep one.")
        lists[name] = items
    if not lists:
        rows = next((value[key] for key in LIST_KEYS if isinstance(value.get(key), list)), None)
        return {} if rows is None else {None: rows}
    return lists


def _is_row(value: Mapping[str, Any]) -> bool:
    """Return whether an object is one conversation rather than a collection of them."""
    if recognize_format([value], ()) is not None:
        return True
    return any(isinstance(value.get(name), str) or is_list_of(value.get(name), *TEXT_KEYS) for name in DIALOGUE_NAMES)


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number")
