"""Scores and report of the run."""

import json

import pytest

from sumtune.files.run_dir import RunDir
from sumtune.serve.settings import ServeSettings

from ..fakes import KEY, FirstWordSummarizer, make_client

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


def test_the_report_is_shown_in_a_sandbox_if_there_is_one(tmp_path):
    run_dir = RunDir(tmp_path)
    with make_client({"tuned": FirstWordSummarizer()}, run_dir=run_dir) as client:
        missing = client.get("/report")
        assert (missing.status_code, client.get("/run").json()["report"]) == (404, False)
        assert "sumtune report" in missing.json()["detail"]
        run_dir.report.write_text("<!doctype html>", encoding="utf-8")
        shown = client.get("/report")
        assert (shown.status_code, shown.text) == (200, "<!doctype html>")
        assert client.get("/run").json()["report"] is True
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


def test_the_report_needs_the_api_key(tmp_path):
    run_dir = RunDir(tmp_path)
    run_dir.report.write_text("private", encoding="utf-8")
    settings = ServeSettings(api_keys=(KEY,), workers=1)
    with make_client({"tuned": FirstWordSummarizer()}, run_dir=run_dir, settings=settings) as client:
        assert client.get("/report").status_code == 401
        assert client.get("/report", headers={"Authorization": f"Bearer {KEY}"}).text == "private"
