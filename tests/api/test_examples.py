"""Examples from memory: pairs, rows, DataFrames, data sets, splits."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sumtune.api.examples import jsonl_files
from sumtune.api.stored_examples import stored_examples
from sumtune.errors import DataError
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir

PAIR = ("Ann: Hi\nBob: Hello", "They greet.")
ROW = {"dialogue": PAIR[0], "summary": PAIR[1]}


class Frame:
    """What the code uses of a pandas DataFrame: iterating over it gives the names of columns."""

    columns = ("dialogue", "summary")

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def to_dict(self, orient: str) -> list[dict[str, str]]:
        assert orient == "records"
        return [ROW]


def rows(examples: Any) -> dict[str, list[Any]]:
    return {name: [json.loads(line) for line in text.splitlines()] for name, text in jsonl_files(examples).items()}


@pytest.mark.parametrize("examples", [[PAIR], [list(PAIR)], iter([PAIR]), [ROW], Frame()])
def test_pairs_rows_and_tables_are_the_same_examples(examples: Any) -> None:
    assert rows(examples) == {"examples": [ROW]}


def test_splits_are_files_of_their_names() -> None:
    assert rows({"train": [PAIR], "dev": Frame()}) == {"train": [ROW], "dev": [ROW]}


def test_a_data_frame_and_a_data_set_are_read() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"dialogue": [PAIR[0]] * 2, "summary": [PAIR[1], None], "day": pandas.Timestamp("2026-01-02")}
    )
    first, second = rows(frame)["examples"]
    assert first == ROW | {"day": "2026-01-02 00:00:00"}
    assert second["summary"] is None
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_list([ROW])
    assert rows(data) == {"examples": [ROW]}
    assert rows(datasets.DatasetDict({"train": data, "test": data})) == {"train": [ROW], "test": [ROW]}


def test_values_of_other_libraries_are_written_as_json() -> None:
    row = {"turns": np.array(["Ann: Hi"]), "n": np.int64(3), "score": float("nan"), "day": datetime.date(2026, 1, 2)}
    assert rows([row]) == {"examples": [{"turns": ["Ann: Hi"], "n": 3, "score": None, "day": "2026-01-02"}]}


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "examples: there is no example"),
        ([PAIR, ("only a dialogue",)], "examples:2 is 'tuple': expected a pair"),
        ([PAIR, 7], "examples:2 is 'int'"),
        ({"dialogue": ["a"], "summary": ["b"]}, r"keys \['dialogue', 'summary'\]: expected train, validation, test"),
        ({"train": "chats.csv"}, "train: expected pairs of dialogue and summary, not 'str'"),
        (7, "examples: expected pairs of dialogue and summary, not 'int'"),
    ],
)
def test_other_examples_are_refused_with_their_number(examples: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        jsonl_files(examples)


def test_a_path_is_passed_on(tmp_path: Path) -> None:
    with stored_examples(tmp_path / "chats.csv", RunDir(tmp_path / "run")) as data:
        assert data == str(tmp_path / "chats.csv")
    assert not (tmp_path / "run").exists()


def test_a_refused_run_leaves_nothing_behind(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "runs" / "a")
    with pytest.raises(ValueError, match=r"examples\.jsonl"):
        refuse([PAIR], run_dir)
    assert list(tmp_path.iterdir()) == []
    with stored_examples([PAIR], run_dir) as data:
        write_record(run_dir.run_json, {"config": {"data": {"path": data}}})
        with pytest.raises(ValueError, match=r"examples\.jsonl"):
            refuse([PAIR, PAIR], run_dir)
        with pytest.raises(ValueError, match=r"examples\.jsonl"):
            refuse([PAIR], run_dir)
    assert Path(data).is_file()
    assert len(list((run_dir.root / "input").iterdir())) == 1


def refuse(examples: Any, run_dir: RunDir) -> None:
    with stored_examples(examples, run_dir) as data:
        assert Path(data).is_file()
        raise ValueError(data)


def test_the_same_examples_have_the_same_path_and_only_those_of_the_run_stay(tmp_path: Path) -> None:
    run_dir, paths = RunDir(tmp_path), []
    for examples in ([PAIR], [ROW], {"train": [PAIR]}, [PAIR, PAIR]):
        with stored_examples(examples, run_dir) as data:
            paths.append(data)
            if len(paths) != 4:
                write_record(run_dir.run_json, {"config": {"data": {"path": data}}})
    assert paths[0] == paths[1]
    assert len(set(paths)) == 3
    assert [Path(path).exists() for path in paths] == [False, False, True, False]
