"""The user's own runs: numbers only, one row a run, and a damaged file is as good as none."""

from dataclasses import replace
from pathlib import Path

import pytest

from sumtune.forecast import finished_runs
from sumtune.forecast.finished_runs import MOST_ROWS, add_finished_run, data_key, model_key
from sumtune.forecast.score_bank import BankRow

ROW = BankRow("0123456789ab", "embedded", {"examples": 100.0, "final_rouge1": 0.41})


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path / "cache"))


def test_runs_are_kept_and_a_repeated_run_replaces_its_row() -> None:
    assert finished_runs.finished_runs() == ()
    other = replace(ROW, figures={"examples": 200.0, "final_rouge1": 0.42})
    again = replace(ROW, figures={"examples": 100.0, "final_rouge1": 0.43})
    for row in (ROW, other, again):
        add_finished_run(row)
    assert finished_runs.finished_runs() == (other, again)


def test_the_oldest_rows_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finished_runs, "MOST_ROWS", 3)
    for examples in range(5):
        add_finished_run(replace(ROW, figures={"examples": float(examples)}))
    assert [row.figures["examples"] for row in finished_runs.finished_runs()] == [2, 3, 4]
    assert MOST_ROWS > 100


@pytest.mark.parametrize(
    "damage",
    [b"", b"data,model,examples\na,b,c\n", b"\xff\xfe", b"x,y\n1\n", b"data\nx\n", b"data,model,examples\na,b,nan\n"],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    add_finished_run(ROW)
    (tmp_path / "cache" / finished_runs.FILE).write_bytes(damage)
    assert finished_runs.finished_runs() == ()
    add_finished_run(ROW)
    assert finished_runs.finished_runs() == (ROW,)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in place of the folder", encoding="utf-8")
    add_finished_run(ROW)
    assert finished_runs.finished_runs() == ()


def test_names_of_data_and_models_are_hashes(tmp_path: Path) -> None:
    path = tmp_path / "validation.jsonl"
    path.write_text("Ann: Hi", encoding="utf-8")
    assert len(data_key(path)) == 12
    assert model_key("embedded") == "embedded"
    assert "home" not in model_key("/home/ann/model")
    assert model_key("a/b", "main") != model_key("a/b", "dev")
