"""The kinds of damage in benchmarks/second_fresh are pure, named and change what they get."""

import re
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PEOPLE = ("Ulrike", "Bastian", "Oksana", "Fernando", "Mireille", "Kwame")
THINGS = ("ladder", "microscope", "blanket", "saxophone", "wheelbarrow", "projector", "typewriter")
OTHER_ROW_COUNT = {"joined_on_repeated_key"}
"""Kinds whose docstring says that the number of rows changes."""


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package, which is not installed."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import second_fresh

    return second_fresh


@pytest.fixture
def rows(fresh: ModuleType) -> list:
    """Forty-two different examples, each with two people, a thing and a time."""
    return [example(fresh, a, PEOPLE[place - 1], thing) for place, a in enumerate(PEOPLE) for thing in THINGS]


def example(fresh: ModuleType, a: str, b: str, thing: str):
    when = f"{len(a + thing) % 9 + 1}:30"
    lines = [
        f"{a}: Hello {b}, is the {thing} from the workshop still available?",
        f"{b}: Sure, I finished repairing it this morning. Nobody else has asked so far!",
        f"{a}: Wonderful, then I will collect it at {when}, if that is fine for you.",
        f"{b}: That suits me. Ring twice, the bell is unreliable." + " Really." * (len(thing) % 4),
    ]
    return fresh.Row(
        dialogue="\n".join(lines),
        reference=f"{a} will collect the repaired {thing} from {b} at {when}. {b}'s doorbell is unreliable.",
        prediction=f"{b} has repaired the {thing} and gives it to {a}. {a} comes to the workshop at {when} and rings.",
    )


def test_there_are_eighty_to_a_hundred_kinds_with_one_line_of_truth(fresh):
    assert 80 <= len(fresh.KINDS) <= 100
    assert len({kind.__doc__ for kind in fresh.KINDS.values()}) == len(fresh.KINDS)
    for name, kind in fresh.KINDS.items():
        assert kind.__name__ == name
        assert re.fullmatch(r"\S.{30,}[.]", kind.__doc__), name
    assert fresh.WHOLE.issubset(fresh.KINDS)


def test_each_kind_changes_every_row_or_the_order(fresh, rows):
    for name, kind in fresh.KINDS.items():
        damaged = kind(rows, Random(5))
        if name in fresh.WHOLE:
            assert damaged != rows, name
        else:
            assert [place for place, row in enumerate(damaged) if row == rows[place]] == [], name


def test_each_kind_keeps_the_number_of_rows_unless_it_says_otherwise(fresh, rows):
    changed = {name for name, kind in fresh.KINDS.items() if len(kind(rows, Random(5))) != len(rows)}
    assert changed == OTHER_ROW_COUNT


def test_each_kind_is_deterministic_and_leaves_its_input_alone(fresh, rows):
    before = list(rows)
    for name, kind in fresh.KINDS.items():
        assert kind(rows, Random(5)) == kind(rows, Random(5)), name
        assert rows == before, name


def test_a_kind_of_rows_looks_at_one_row_at_a_time(fresh, rows):
    for name in fresh.KINDS.keys() - fresh.WHOLE:
        assert fresh.KINDS[name](rows[:1], Random(5)) == fresh.KINDS[name](rows, Random(5))[:1], name


def test_the_kinds_of_order_make_up_no_text(fresh, rows):
    texts = " ".join(row.prediction for row in rows)
    for name in fresh.WHOLE:
        assert all(row.prediction in texts for row in fresh.KINDS[name](rows, Random(5))), name


def test_odd_rows_break_no_kind(fresh):
    odd = [fresh.Row("", "", ""), fresh.Row("no speaker here", "One", "One"), fresh.Row(":\n:", ".", ".")]
    for kind in fresh.KINDS.values():
        kind(odd, Random(5))
        kind([], Random(5))
