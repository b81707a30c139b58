"""Match predictions with references from a second file: by id, or by order."""

import re
from collections.abc import Sequence
from pathlib import Path

from sumtune.errors import DataError
from sumtune.plurals import counted

__all__ = ["matching_rows"]

NUMBER = re.compile(r"\d+")


def matching_rows(
    path: Path, ids: Sequence[str | None], references: Path, reference_ids: Sequence[str | None]
) -> list[int]:
    """Return the row of the reference of each prediction.

    It is the row with the same id, if there is one for every prediction. Otherwise the order decides. If the ids of the
    predictions hold consecutive numbers, it is the order of these numbers, because batches return in any order. If
    not, it is the order of the rows.

    Raises:
        DataError: the order would decide, but the numbers of rows differ.
    """
    rows = {name: row for row, name in enumerate(reference_ids) if name is not None}
    found = [rows.get(name) if name is not None else None for name in ids]
    matched = [row for row in found if row is not None]
    if len(matched) == len(found) and len(set(matched)) == len(matched):
        return matched
    if len(ids) != len(reference_ids):
        raise _unequal(path, len(ids), references, len(reference_ids), len(matched))
    return _by_number(ids)


def _by_number(ids: Sequence[str | None]) -> list[int]:
    """Return the rank of the last number in each id if these numbers are consecutive; otherwise the row itself."""
    numbers = [int(found[-1]) for name in ids if name is not None and (found := NUMBER.findall(name))]
    first = min(numbers, default=0)
    if sorted(numbers) != list(range(first, first + len(ids))):
        return list(range(len(ids)))
    return [number - first for number in numbers]


def _unequal(path: Path, predictions: int, references: Path, count: int, matched: int) -> DataError:
    ids = f" Shared ids: {matched}." if matched else ""
    hint = " A summary with a line break takes several lines; write JSONL instead." if path.suffix == ".txt" else ""
    return DataError(
        f"{path} has {counted(predictions, 'prediction')}, and {references} has {counted(count, 'reference')}.{ids} "
        f"Give both files the same ids in a column `id`, or the same number of rows in the same order.{hint}"
    )
