import json
from pathlib import Path
from typing import Any

import pytest

from sumtune.config import Config, DataConfig, ModelConfig
from sumtune.data import hub, ingest
from sumtune.data.example_file import load_jsonl
from sumtune.data.issues import Issue, raise_errors
from sumtune.errors import DataError
from sumtune.files.records import read_record
from sumtune.files.run_dir import RunDir

from .test_validate import Words

Rows = list[dict[str, Any]]


def config(path: Path, **data: Any) -> Config:
    return Config(data=DataConfig(path=str(path), **data))


def snapshot(run_dir: RunDir) -> dict[str, tuple[int, bytes]]:
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in run_dir.root.rglob("*") if p.is_file()}


def test_run_writes_what_check_finds(rows: Rows, write: Any, run_dir: RunDir) -> None:
    path = write("a.jsonl", rows)
    result = ingest.run(config(path), run_dir)
    checked = ingest.check(DataConfig(path=str(path)))
    assert result.counts == {"train": 20, "validation": 2, "test": 3}
    for name, examples in checked.examples.items():
        assert load_jsonl(run_dir.split(name)) == examples
    manifest = json.loads((run_dir.ingestion / "manifest.json").read_text())
    assert manifest["source"] == str(path)
    assert manifest["examples"] == result.counts
    assert manifest["columns"] == {
        "a.jsonl": {"dialogue": "dialogue", "summary": "summary", "id": None, "more_summaries": [], "style": None}
    }
    assert set(manifest["sha256"]) == {"train.jsonl", "validation.jsonl", "test.jsonl"}
    report = read_record(run_dir.validation_report)
    assert report.pop("fingerprint") == manifest["fingerprint"]
    assert report == {"examples": result.counts, "dropped": 0, "findings": [vars(f) for f in result.issues]}


def test_files_do_not_depend_on_input_order(rows: Rows, write: Any, tmp_path: Path) -> None:
    rows = [{"id": str(n), **row} for n, row in enumerate(rows)]
    texts = []
    for number, ordered in enumerate((rows, rows[::-1])):
        run_dir = RunDir(tmp_path / f"run-{number}")
        ingest.run(config(write("a.jsonl", ordered)), run_dir)
        texts.append([(e.id, e.dialogue, e.summary) for e in load_jsonl(run_dir.split("train"))])
    assert texts[0] == texts[1]


def test_an_unchanged_source_is_not_read_again(rows: Rows, write: Any, run_dir: RunDir) -> None:
    path = write("a.jsonl", [*rows, rows[0]])
    first = ingest.run(config(path), run_dir)
    before = snapshot(run_dir)
    second = ingest.run(config(path), run_dir)
    assert (first.reused, second.reused) == (False, True)
    assert (second.counts, second.issues, second.dropped) == (first.counts, first.issues, first.dropped)
    assert snapshot(run_dir) == before


@pytest.mark.parametrize("change", ["source", "setting", "split file", "lost split", "lost report", "bad manifest"])
def test_any_change_makes_it_run_again(change: str, rows: Rows, write: Any, run_dir: RunDir) -> None:
    path = write("a.jsonl", rows)
    ingest.run(config(path), run_dir)
    settings = config(path)
    if change == "source":
        write("a.jsonl", rows[:-1])
    elif change == "setting":
        settings = config(path, train_share=0.5)
    elif change == "split file":
        run_dir.split("test").write_text("{}\n")
    elif change == "lost split":
        run_dir.split("train").unlink()
    elif change == "lost report":
        run_dir.validation_report.unlink()
    else:
        (run_dir.ingestion / "manifest.json").write_text("[1]")
    assert not ingest.run(settings, run_dir).reused
    assert ingest.run(settings, run_dir).reused


def test_token_limits_matter_only_where_tokens_are_counted(rows: Rows, write: Any, run_dir: RunDir) -> None:
    path = write("a.jsonl", rows)
    short = Config(data=DataConfig(path=str(path)), model=ModelConfig(max_target_tokens=4))
    assert not ingest.run(config(path), run_dir).reused
    assert ingest.run(short, run_dir).reused
    counted = ingest.run(short, run_dir, Words)
    assert not counted.reused
    assert "summary_truncated" in {issue.code for issue in counted.issues}


def test_dialogues_that_are_cut_are_known_after_the_stage(rows: Rows, write: Any, run_dir: RunDir) -> None:
    assert ingest.truncated_dialogues(run_dir) == []
    rows[3]["dialogue"] += "\nAnn: " + "well " * 20
    settings = Config(
        data=DataConfig(path=str(write("a.jsonl", rows))), model=ModelConfig(max_source_tokens=30, long="truncate")
    )
    ingest.run(settings, run_dir, Words)
    (found,) = ingest.truncated_dialogues(run_dir)
    assert "4.0% of the dialogues (1 of 25) are longer than 30 tokens" in found.message


def test_a_split_that_became_empty_has_no_file(rows: Rows, write: Any, run_dir: RunDir, tmp_path: Path) -> None:
    ingest.run(config(write("a.jsonl", rows)), run_dir)
    write("folder/train.jsonl", rows)
    result = ingest.run(config(tmp_path / "folder"), run_dir)
    assert result.counts["test"] == 0
    assert not run_dir.split("test").exists()


def test_train_share_is_nested_and_leaves_other_splits_alone(rows: Rows, write: Any) -> None:
    path = write("a.jsonl", rows)
    whole, half, third = (ingest.check(DataConfig(path=str(path), train_share=s)).examples for s in (1.0, 0.5, 0.3))
    assert (len(half["train"]), len(third["train"])) == (10, 6)
    assert set(third["train"]) < set(half["train"]) < set(whole["train"])
    assert half["test"] == whole["test"]


def test_errors_stop_the_run_and_drop_invalid_goes_on(rows: Rows, write: Any, run_dir: RunDir) -> None:
    for row in rows[2:9]:
        row["summary"] = ""
    path = write("a.jsonl", rows)
    with pytest.raises(DataError) as error:
        ingest.run(config(path), run_dir)
    message = str(error.value)
    assert "7 empty_summary" in message
    assert "a.jsonl:3" in message
    assert "… and 2 more" in message
    assert "--drop-invalid" in message
    assert not run_dir.root.exists()
    result = ingest.run(config(path, drop_invalid=True), run_dir)
    assert (result.dropped, sum(result.counts.values())) == (7, 18)
    assert all(issue.severity != "error" for issue in result.issues)
    assert json.loads(run_dir.validation_report.read_text())["dropped"] == 7


@pytest.mark.parametrize("good", range(6))
def test_drop_invalid_is_named_exactly_where_it_helps(rows: Rows, write: Any, good: int) -> None:
    for row in rows[good:]:
        row["summary"] = ""
    path = write("a.jsonl", rows)
    with pytest.raises(DataError) as error:
        raise_errors(ingest.check(DataConfig(path=str(path))).issues)
    dropped = ingest.check(DataConfig(path=str(path), drop_invalid=True))
    helps = all(issue.severity != "error" for issue in dropped.issues)
    assert ("--drop-invalid" in str(error.value)) == helps


def test_an_error_leaves_an_earlier_run_as_it_was(rows: Rows, write: Any, run_dir: RunDir) -> None:
    ingest.run(config(write("a.jsonl", rows)), run_dir)
    before = snapshot(run_dir)
    with pytest.raises(DataError):
        ingest.run(config(write("a.jsonl", [*rows, {"dialogue": "x"}])), run_dir)
    assert snapshot(run_dir) == before


def test_the_embedded_data_set_is_clean(run_dir: RunDir) -> None:
    result = ingest.run(Config(), run_dir)
    assert all(result.counts.values())
    assert not [issue for issue in result.issues if issue.severity != "info"]


def test_a_hub_data_set_keeps_its_splits(rows: Rows, run_dir: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    splits = {
        "train": datasets.Dataset.from_list(rows[:20]),
        "validation": datasets.Dataset.from_list(rows[20:]),
        "unlabelled": datasets.Dataset.from_list([{"text": "x"}]),
    }
    monkeypatch.setattr(hub, "hub_is_reachable", lambda: True)
    monkeypatch.setattr(datasets, "load_dataset", {"somebody/chats": datasets.DatasetDict(splits)}.__getitem__)
    settings = Config(data=DataConfig(path="somebody/chats"))
    result = ingest.run(settings, run_dir)
    assert result.counts == {"train": 20, "validation": 5, "test": 0}
    assert load_jsonl(run_dir.split("train"))[0].file == "somebody/chats#train"
    monkeypatch.setattr(datasets, "load_dataset", None)
    assert ingest.run(settings, run_dir).reused


def test_issues_of_a_reused_run_are_the_same_type(rows: Rows, write: Any, run_dir: RunDir) -> None:
    path = write("a.jsonl", rows[:5])
    ingest.run(config(path), run_dir)
    assert all(isinstance(issue, Issue) for issue in ingest.run(config(path), run_dir).issues)
