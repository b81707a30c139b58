"""Scores of the run."""

import json

import pytest

from sumtune.files.run_dir import RunDir

from ..fakes import FirstWordSummarizer, make_client

INTERVAL = {"mean": 0.5, "low": 0.4, "high": 0.6}
SYSTEM = dict.fromkeys(("rouge1", "rouge2", "rougeL", "chrf"), INTERVAL)
SCORES = {"split": "test", "n": 3, "systems": {"tuned": SYSTEM}}


@pytest.fixture
def scores_file(tmp_path):
    file = RunDir(tmp_path).evaluation / "scores.json"
    file.parent.mkdir()
    return file


def figures(scores_file):
    with make_client({"tuned": FirstWordSummarizer()}, run_dir=RunDir(scores_file.parent.parent)) as client:
        answer = client.get("/run")
    assert answer.status_code == 200
    return answer.json()


def test_run_returns_the_scores(scores_file):
    scores_file.write_text(json.dumps(SCORES))
    assert figures(scores_file)["systems"] == [{"name": "tuned"} | SCORES["systems"]["tuned"]]


def test_scores_of_earlier_versions_have_no_chrf(scores_file):
    old = {metric: SYSTEM[metric] for metric in ("rouge1", "rouge2", "rougeL")}
    scores_file.write_text(json.dumps(SCORES | {"systems": {"tuned": old}}))
    assert figures(scores_file)["systems"] == [{"name": "tuned", "chrf": None} | old]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[]", b"{}", b'{"systems": 1}', b'{"systems": {"tuned": {}}}']
)
def test_damaged_scores_are_omitted_with_a_warning(scores_file, caplog, content):
    scores_file.write_bytes(content)
    assert figures(scores_file)["systems"] == []
    assert [record.levelname for record in caplog.records if "scores.json" in record.getMessage()] == ["WARNING"]
