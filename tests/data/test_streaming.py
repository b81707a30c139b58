"""Files are read a piece at a time: the pieces never show, and examples stay out of memory."""

import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import damage
import numpy as np
import pytest

from sumtune.config import DataConfig
from sumtune.data import arrow, delimited, validate
from sumtune.data.example import Example, dump_jsonl
from sumtune.data.example_file import collect, fingerprints, load_jsonl, take
from sumtune.data.ingest import check
from sumtune.errors import DataError

from .test_validate import Words


def found(path: Path) -> Any:
    """All that the stage finds, or the message of its error."""
    try:
        checked = check(DataConfig(path=str(path), drop_invalid=True), Words())
    except DataError as error:
        return str(error)
    return {name: list(examples) for name, examples in checked.examples.items()}, checked.issues, checked.columns


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_the_size_of_the_pieces_does_not_matter(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(30):
        chance = random.Random(seed)
        rows = damage.random_rows(5, chance)
        content = damage.write([*rows, *rows[:2]], suffix)
        (tmp_path / f"{seed}.{suffix}").write_bytes(damage.damage(content, chance).content if seed % 2 else content)
    whole = [found(tmp_path / f"{seed}.{suffix}") for seed in range(30)]
    monkeypatch.setattr(delimited, "PIECE", 3)
    monkeypatch.setattr(arrow, "BATCH_ROWS", 2)
    monkeypatch.setattr(validate, "AT_A_TIME", 2)
    assert [found(tmp_path / f"{seed}.{suffix}") for seed in range(30)] == whole


def peak_bytes(path: Path) -> int:
    tracemalloc.start()
    try:
        check(DataConfig(path=str(path)))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_an_example_costs_the_same_memory_whatever_its_length(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "PIECE", 4096)
    monkeypatch.setattr(arrow, "BATCH_ROWS", 8)
    peaks = []
    for turns in (1, 60):
        rows = [{"dialogue": f"Ann: Day {n}?\nBob: Yes.\n" * turns, "summary": f"Day {n}."} for n in range(500)]
        path = tmp_path / f"{turns}.{suffix}"
        path.write_bytes(damage.write(rows, suffix))
        peaks.append(peak_bytes(path))
    assert peaks[1] - peaks[0] < 0.2 * 500 * 60 * len("Ann: Day 100?\nBob: Yes.\n")


def examples(count: int) -> list[Example]:
    return [Example(f"é{n}", f"Ann: {n % 3}", f"S {n}" * (n % 4), "a.csv", n, "short" * (n % 2)) for n in range(count)]


def test_stored_examples_are_the_given_ones(tmp_path: Path) -> None:
    given, path = examples(20), tmp_path / "train.jsonl"
    path.write_text(dump_jsonl(given), encoding="utf-8")
    for stored in (collect(given), load_jsonl(path)):
        positions = np.array([3, 1, 19])
        assert (len(stored), list(stored), stored[-1], list(stored[2:9:3])) == (20, given, given[-1], given[2:9:3])
        assert list(stored.take(positions)[1:]) == take(given, positions)[1:]
        assert fingerprints(stored).tolist() == fingerprints(given).tolist()
        stored[5:].write(tmp_path / "part.jsonl")
        assert (tmp_path / "part.jsonl").read_text(encoding="utf-8") == dump_jsonl(given[5:])
        with pytest.raises(IndexError):
            stored[20]


def test_facts_are_those_of_the_examples() -> None:
    given = examples(20)
    stored = collect(given)
    assert [stored.place(at) for at in range(20)] == [(one.file, one.row) for one in given]
    assert stored.facts("is_longer").tolist() == [len(one.summary) > len(one.dialogue) for one in given]
    prints = [bytes.fromhex(one.fingerprint)[:16].rstrip(b"\0") for one in given]
    assert stored.facts("dialogue").tolist() == prints
    assert json.loads(dump_jsonl([stored[1]]))["style"] == "short"
