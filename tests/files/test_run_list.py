"""The list of runs: every run below a folder with what its files say, whatever state it is in."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
import scored_run
from typer.testing import CliRunner

from sumtune import cli
from sumtune.commands.failure import recorded_failure
from sumtune.commands.run_record import update_record
from sumtune.errors import ConfigError, SumtuneError
from sumtune.files.locking import locked
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.run_list import find_runs


def record(folder, changed_at, **entries):
    """A folder with a `run.json` that was written at this time."""
    run_dir = RunDir(folder)
    settings = {"preset": "fast", "data": {"path": "chats.csv"}, "model": {"name": "embedded"}}
    write_record(run_dir.run_json, {"config": settings, **entries})
    os.utime(run_dir.run_json, (changed_at, changed_at))
    return run_dir


def trained(run_dir):
    write_record(run_dir.trainer / "manifest.json", {})
    os.utime(run_dir.run_json, (1, 1))


@pytest.fixture
def folder(tmp_path):
    record(tmp_path / "first", 100)
    record(tmp_path / "deep" / "er" / "second", 300, training_s=90, evaluation_s=30)
    trained(record(tmp_path / "deep" / "third", 200, training_s=60))
    record(tmp_path / ".hidden" / "fourth", 400)
    record(tmp_path / "first" / "inside", 500)
    return tmp_path


def test_runs_come_newest_first_without_hidden_ones_and_those_inside_a_run(folder):
    found = find_runs(folder)
    assert [os.path.relpath(one.run, folder) for one in found] == ["deep/er/second", "first", "deep/third"]
    assert [one.state for one in found] == ["stopped", "stopped", "trained"]
    assert [one.minutes for one in found] == [2, None, 1]
    assert {(one.data, one.preset) for one in found} == {("chats.csv", "fast")}


def test_a_scored_run_has_its_score_with_interval(tmp_path):
    card = scored_run.scorecard(count=8)
    run_dir = scored_run.write_run(tmp_path / "run", card)
    [found] = find_runs(tmp_path)
    score = card.systems["tuned"].metrics["rouge1"]
    assert (found.state, found.n, found.split) == ("finished", 8, "test")
    assert (found.rouge1, found.rouge1_low, found.rouge1_high) == (score.mean, score.low, score.high)
    (run_dir.evaluation / "scores.json").write_text("{")
    assert find_runs(tmp_path)[0].rouge1 is None


def test_a_run_is_running_while_a_process_holds_its_lock(folder):
    with locked(folder / "first"):
        assert {one.state for one in find_runs(folder) if one.run.endswith("first")} == {"running"}
    (folder / "first" / ".lock-owner.json").write_text("{}")  # left by a killed process
    assert {one.state for one in find_runs(folder) if one.run.endswith("first")} == {"stopped"}


def test_a_failure_is_recorded_and_forgotten_when_the_run_ends_well(folder):
    run_dir = RunDir(folder / "first")

    def listed():
        return next(one for one in find_runs(folder) if one.run.endswith("first"))

    with pytest.raises(SumtuneError), recorded_failure(run_dir):
        raise SumtuneError("The loss is not finite.")
    assert (listed().state, listed().failure) == ("failed", "The loss is not finite.")
    with pytest.raises(ValueError, match="quokka"), recorded_failure(run_dir):
        raise ValueError("a bug may quote a quokka")
    assert listed().failure == "ValueError"
    with pytest.raises(KeyboardInterrupt), recorded_failure(run_dir):
        raise KeyboardInterrupt
    with recorded_failure(run_dir):
        update_record(run_dir, {"training_s": 60})
    assert (listed().state, listed().failure, listed().minutes) == ("stopped", None, 1)


def test_a_damaged_run_is_listed_as_such(folder):
    (folder / "first" / "run.json").write_text("{")
    states = {Path(one.run).name: one.state for one in find_runs(folder)}
    assert states == {"first": "damaged", "second": "stopped", "third": "trained"}


def call(*arguments):
    result = CliRunner().invoke(cli.app, ["runs", *map(str, arguments)], env={"COLUMNS": "200"})
    if result.exception is not None:
        raise result.exception
    return result.output


def test_the_command_prints_a_table_json_or_csv_of_the_same_runs(folder):
    listed = json.loads(call(folder, "--json"))
    assert [row["run"] for row in listed] == [one.run for one in find_runs(folder)]
    rows = list(csv.DictReader(io.StringIO(call(folder, "--csv"))))
    assert [row["run"] for row in rows] == [row["run"] for row in listed]
    assert rows[0]["minutes"] == "2.0"
    table = call(folder)
    assert all(row["run"] in table and row["state"] in table for row in listed)


def test_no_run_and_no_folder_are_said(tmp_path):
    assert "There is no run in" in call(tmp_path)
    assert json.loads(call(tmp_path, "--json")) == []
    with pytest.raises(ConfigError, match="There is no folder"):
        call(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="give one of them"):
        call(tmp_path, "--json", "--csv")
