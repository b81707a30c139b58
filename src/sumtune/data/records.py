"""Turn records of CSV files and spreadsheets into a table, without the blank columns and rows that Excel leaves."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from sumtune.data.columns import show_names
from sumtune.data.issues import BROKEN_TABLE, Issue
from sumtune.data.table import NumberedRow, StreamedRows, Table
from sumtune.errors import DataError

__all__ = ["broken_record", "table_of_records"]

Record = tuple[int, list[str]]


def table_of_records(
    file: str, split: str | None, header: Sequence[str], records: Callable[[], Iterable[Record]]
) -> Table:
    """Return a table of the numbered rows that `records` returns at each call, under `header`.

    If one is malformed, the table has no rows. A record may have blank fields beyond the header, and may lack the last
    fields if their columns have no name.

    Raises:
        DataError: the header repeats a name.
    """
    named = [name for name in header if name.strip()]
    if len(set(named)) < len(named):
        repeated = [name for name in dict.fromkeys(named) if named.count(name) > 1]
        raise DataError(f"{file}: the header row repeats {show_names(repeated)}; each column needs its own name.")
    fewest = len(_without_blank_end(header))
    nameless = {place for place, name in enumerate(header) if not name.strip()}
    used: set[int] = set()
    broken, count = [], 0
    for row, record in records():
        fields = _without_blank_end(record)
        if not fields:
            continue
        if len(fields) > len(header) or len(record) < fewest:
            broken.append(broken_record(file, row, f"it has {len(record)} fields, the header has {len(header)}"))
        else:
            used |= {place for place in nameless - used if record[place : place + 1] and record[place].strip()}
            count += 1
    columns = dict(_columns(header, nameless, used))

    def rows() -> Iterator[NumberedRow]:
        for row, record in records():
            if _without_blank_end(record):
                padded = record + [""] * (len(header) - len(record))
                yield row, {name: padded[place] for place, name in columns.items()}

    return Table(file, split, tuple(columns.values()), () if broken else StreamedRows(rows, count), tuple(broken))


def broken_record(file: str, row: int, reason: str) -> Issue:
    """Return an error that makes all rows of the file uncertain."""
    return Issue(BROKEN_TABLE, "error", f"the row cannot be read: {reason}", file, row)


def _columns(header: Sequence[str], nameless: set[int], used: set[int]) -> Iterator[tuple[int, str]]:
    """Yield index and name of each column; one of the `nameless` counts only if it is `used` by a record."""
    for place, name in enumerate(header):
        if place not in nameless:
            yield place, name
        elif place in used:
            yield place, "" if len(used) == 1 else f"column {place + 1}"


def _without_blank_end(fields: Sequence[str]) -> Sequence[str]:
    """Return `fields` up to the last one that is not blank."""
    last = max((place for place, field in enumerate(fields, 1) if field.strip()), default=0)
    return fields[:last]
