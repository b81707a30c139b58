"""Turn records of CSV files and spreadsheets into a table, without the blank columns and rows that Excel leaves."""

from collections.abc import Iterable, Iterator, Sequence

from sumtune.data.columns import show_names
from sumtune.data.issues import BROKEN_TABLE, Issue
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["broken_record", "table_of_records"]

Record = tuple[int, list[str]]


def table_of_records(file: str, split: str | None, header: Sequence[str], records: Iterable[Record]) -> Table:
    """Return the table of `records`, numbered rows under `header`. If one is malformed, the table has no rows.

    A record may have blank fields beyond the header, and may lack the last fields if their columns have no name.

    Raises:
        DataError: the header repeats a name.
    """
    named = [name for name in header if name.strip()]
    if len(set(named)) < len(named):
        repeated = [name for name in dict.fromkeys(named) if named.count(name) > 1]
        raise DataError(f"{file}: the header row repeats {show_names(repeated)}; each column needs its own name.")
    fewest = len(_without_blank_end(header))
    filled, broken = [], []
    for row, record in records:
        fields = _without_blank_end(record)
        if not fields:
            continue
        if len(fields) > len(header) or len(record) < fewest:
            broken.append(broken_record(file, row, f"it has {len(record)} fields, the header has {len(header)}"))
        else:
            filled.append((row, record + [""] * (len(header) - len(record))))
    columns = dict(_columns(header, [record for _, record in filled]))
    rows = tuple((row, {name: record[place] for place, name in columns.items()}) for row, record in filled)
    return Table(file, split, tuple(columns.values()), () if broken else rows, tuple(broken))


def broken_record(file: str, row: int, reason: str) -> Issue:
    """Return an error that makes all rows of the file uncertain."""
    return Issue(BROKEN_TABLE, "error", f"the row cannot be read: {reason}", file, row)


def _columns(header: Sequence[str], records: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Return index and name of each column; a column without a name counts only if a record has a value in it."""
    nameless = [place for place, name in enumerate(header) if not name.strip()]
    used = {place for place in nameless if any(record[place].strip() for record in records)}
    for place, name in enumerate(header):
        if place not in nameless:
            yield place, name
        elif place in used:
            yield place, "" if len(used) == 1 else f"column {place + 1}"


def _without_blank_end(fields: Sequence[str]) -> Sequence[str]:
    """Return `fields` up to the last one that is not blank."""
    last = max((place for place, field in enumerate(fields, 1) if field.strip()), default=0)
    return fields[:last]
