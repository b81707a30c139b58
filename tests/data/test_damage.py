"""No example comes out of a damaged file that was not a row of the undamaged one."""

import random
from functools import cache
from pathlib import Path

import damage
import pytest
from damage import Damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.config import DataConfig
from sumtune.data.columns import find_columns
from sumtune.data.content import Text
from sumtune.data.delimited import read_delimited
from sumtune.data.encoding import decode
from sumtune.data.example import Example
from sumtune.data.ingest import check
from sumtune.data.row_checks import check_rows
from sumtune.errors import DataError

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet")


@cache
def undamaged(suffix: str, count: int = 6, seed: int = 0) -> tuple[bytes, list[damage.Pair]]:
    rows = damage.random_rows(count, random.Random(seed))
    return damage.write(rows, suffix), damage.pairs(rows, suffix)


def examples_of(content: bytes, path: Path) -> list[Example]:
    """What `sumtune run --drop-invalid` would learn from."""
    path.write_bytes(content)
    try:
        checked = check(DataConfig(path=str(path), drop_invalid=True))
    except DataError:
        return []
    if any(issue.severity == "error" for issue in checked.issues if issue.code != "too_few_training_examples"):
        return []
    return [example for examples in checked.examples.values() for example in examples]


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_undamaged_file_gives_all_its_rows(suffix: str, tmp_path: Path) -> None:
    content, rows = undamaged(suffix)
    found = examples_of(content, tmp_path / f"a.{suffix}")
    assert sorted((example.dialogue, example.summary) for example in found) == sorted(rows)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_example_that_was_not_a_row(suffix: str, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    content, rows = undamaged(suffix)
    file = damage.damage(content, random.Random(seed))
    found = examples_of(file.content, tmp_path_factory.getbasetemp() / f"a.{suffix}")
    assert not damage.strangers(found, rows, file, suffix)


def rows_of(content: bytes, suffix: str) -> list[Example]:
    """The same of a CSV or TSV file, without the way over the disk."""
    if not content.strip():
        return []
    try:
        table = read_delimited(f"a.{suffix}", Text(decode(content)[0]), None)
        return [one for one in check_rows(table, find_columns(table.file, table.columns)) if isinstance(one, Example)]
    except DataError:
        return []


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_one_quote_too_many_or_too_few_anywhere_costs_the_file(suffix: str) -> None:
    content, _ = undamaged(suffix, 3)
    for at in range(len(content)):
        before, byte, after = content[:at], content[at : at + 1], content[at + 1 :]
        others = [b"", b"x"] if byte == b'"' else [b'"']
        for broken in (before + b'"' + byte + after, *(before + other + after for other in others)):
            assert rows_of(broken, suffix) == [], f"at byte {at}"


@pytest.mark.parametrize("mark", [b"\n", b",", b"\r", None], ids=["line end", "comma", "return", "cut"])
def test_one_fault_anywhere_makes_no_example_of_pieces(mark: bytes | None) -> None:
    content, rows = undamaged("csv", 3)
    file = Damaged(content)
    for at in range(len(content)):
        faults = [damage.insert(file, at, mark), damage.overwrite(file, at, mark)] if mark else [damage.cut(file, at)]
        for broken in faults:
            assert not damage.strangers(rows_of(broken.content, "csv"), rows, broken, "csv"), f"at byte {at}"


def test_the_law_sees_mixtures_and_pieces() -> None:
    """The law itself can fail: a mixture of two rows, a piece of a dialogue, and two texts in each other's place."""
    _, rows = undamaged("csv")
    (dialogue, summary), (other, other_summary) = rows[:2]
    file = Damaged(b"", budget=3 * damage.CHARACTERS_A_BYTE)
    for wrong in (
        (dialogue, other_summary),
        (dialogue.splitlines()[0], summary),
        (dialogue.splitlines()[0], dialogue.splitlines()[1]),
        (summary, dialogue),
        (dialogue[:60] + other[60:], summary),
    ):
        example = Example("1", *wrong, "a.csv", 1)
        assert damage.strangers([example], rows, file, "csv") == [example]
    near = Example("1", dialogue.replace("Ann", "Anm"), summary, "a.csv", 1)
    assert not damage.strangers([near], rows, file, "csv")
