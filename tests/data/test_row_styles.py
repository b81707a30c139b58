"""Styles of rows: what a style column may hold, and what counts as the same example."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sumtune.config import DataConfig
from sumtune.data import ingest
from sumtune.data.export import read_export
from sumtune.errors import DataError

Write = Callable[[str, list[dict[str, Any]]], Path]


def rows(count: int = 20, style: Any = "brief") -> list[dict[str, Any]]:
    return [
        {"dialogue": f"Ann: Item {n}?\nBen: It is done.", "summary": f"Item {n}.", "kind": style} for n in range(count)
    ]


def check(path: Path) -> ingest.CheckedData:
    return ingest.check(DataConfig(path=str(path), style_column="kind"))


def codes(path: Path) -> list[str]:
    return [issue.code for issue in check(path).issues]


def test_the_same_pair_in_two_styles_is_no_duplicate_and_stays_in_one_split(write: Write) -> None:
    both = [*rows(), *rows(style=" for the  engineer ")]
    path = write("a.jsonl", both)
    assert {"duplicate", "several_summaries", "leak"}.isdisjoint(codes(path))
    assert codes(write("b.jsonl", [*both, both[0]])).count("duplicate") == 1
    for examples in check(path).examples.values():
        assert {one.style for one in examples} == {"brief", "for the engineer"}
        assert len({one.dialogue for one in examples}) * 2 == len(examples)


@pytest.mark.parametrize("missing", ["", None, "nan", "N/A"])
def test_a_row_may_have_no_style(write: Write, missing: Any) -> None:
    found = check(write("a.jsonl", [*rows(), {"dialogue": "Ann: Hello?\nBen: Hi.", "summary": "Hi.", "kind": missing}]))
    styles = [one.style for examples in found.examples.values() for one in examples]
    assert (styles.count(""), styles.count("brief")) == (1, 20)


@pytest.mark.parametrize(
    ("style", "code"),
    [(["brief"], "style_not_text"), (3, "style_not_text"), ("a" * 201, "style_too_long"), ("\ud800", "undecodable")],
)
def test_what_cannot_be_a_style_is_an_error_of_its_row(write: Write, style: Any, code: str) -> None:
    wrong = [{**rows(1)[0], "dialogue": "Ann: Hello?", "kind": style}]
    issue = next(one for one in check(write("a.jsonl", [*rows(), *wrong])).issues if one.severity == "error")
    assert (issue.code, issue.row) == (code, 21)


def test_a_column_without_styles_or_with_too_many_is_an_error(write: Write) -> None:
    assert "no_styles" in codes(write("a.jsonl", rows(style="")))
    many = [{**row, "kind": f"style {n}"} for n, row in enumerate(rows(200))]
    assert "too_many_styles" in codes(write("b.jsonl", many))


def test_the_column_must_exist_and_hold_nothing_else(write: Write) -> None:
    path = write("a.jsonl", rows())
    with pytest.raises(DataError, match="Pass --style-column 'kind'"):
        ingest.check(DataConfig(path=str(path), style_column="kin"))
    with pytest.raises(DataError, match="'summary' cannot also be the style"):
        ingest.check(DataConfig(path=str(path), style_column="summary"))


def test_without_the_option_the_column_is_not_read(write: Write) -> None:
    found = ingest.check(DataConfig(path=str(write("a.jsonl", rows()))))
    assert {one.style for examples in found.examples.values() for one in examples} == {""}


def test_convert_keeps_the_field_style(write: Write) -> None:
    found = read_export(write("a.jsonl", [{**row, "style": "brief"} for row in rows(3)]))
    assert [row["style"] for row in found.rows] == ["brief"] * 3
