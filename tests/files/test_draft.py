"""Data folders are prepared as copies and take the place of the old ones only when they are adopted."""

import os
from pathlib import Path

import pytest

from sumtune.files import draft as drafting
from sumtune.files.atomic import write_text
from sumtune.files.draft import adopt, drafted
from sumtune.files.run_dir import RunDir


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["hard links", "copies"])
def run_dir(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    if request.param == "copies":

        def refuse(*_arguments: object) -> None:
            raise PermissionError("no hard links here")

        monkeypatch.setattr(os, "link", refuse)
    run_dir = RunDir(tmp_path / "run")
    for name in ("train", "test"):
        write_text(run_dir.split(name), f"old {name}")
    write_text(run_dir.transformation / "prompt.json", "old prompt")
    write_text(run_dir.run_json, "record")
    return run_dir


def work(draft: RunDir) -> None:
    write_text(draft.split("train"), "new train")
    draft.split("test").unlink()
    write_text(draft.validation_report, "new report")


def test_a_draft_begins_as_the_folder_is_and_changes_nothing(run_dir: RunDir) -> None:
    before = contents(run_dir.root)
    with drafted(run_dir) as draft:
        assert draft.split("train").read_text() == "old train"
        assert draft.run_json == run_dir.run_json
        assert draft.trainer == run_dir.trainer
        work(draft)
    assert contents(run_dir.root) == before


def test_what_is_adopted_takes_the_place_of_the_old_and_the_rest_stays(run_dir: RunDir) -> None:
    with drafted(run_dir) as draft:
        work(draft)
        adopt(draft)
    assert contents(run_dir.root) == {
        "run.json": "record", "data_ingestion/train.jsonl": "new train", "data_validation/report.json": "new report",
        "data_transformation/prompt.json": "old prompt",
    }  # fmt: skip


def test_what_did_not_change_is_not_moved(run_dir: RunDir) -> None:
    before = {path: path.stat().st_mtime_ns for path in run_dir.root.rglob("*") if path.is_file()}
    with drafted(run_dir) as draft:
        adopt(draft)
    assert {path: path.stat().st_mtime_ns for path in run_dir.root.rglob("*") if path.is_file()} == before


def test_a_draft_that_a_kill_left_is_not_worked_on(run_dir: RunDir) -> None:
    write_text(run_dir.root / drafting.DRAFTS / "data_ingestion" / "train.jsonl", "of a killed run")
    with drafted(run_dir) as draft:
        assert draft.split("train").read_text() == "old train"
    assert not (run_dir.root / drafting.DRAFTS).exists()
