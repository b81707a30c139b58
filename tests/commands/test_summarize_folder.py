"""Folders of shards: each shard appears whole, finished ones are skipped, and errors of one do not stop the others."""

import json
import os

import pyarrow
import pyarrow.parquet
import pytest

from sumtune.commands import summarize_folder as command
from sumtune.commands.summarize_folder import Job, summarize_folder
from sumtune.decode.build import TunedModel
from sumtune.errors import ConfigError, InputError
from sumtune.files.run_dir import RunDir
from sumtune.summarizer import Completion


class Echo:
    """Writes the dialogue itself; counts the dialogues."""

    engine, decoding, setup_s = "fake", {}, 0.0

    def __init__(self):
        self.dialogues = 0

    def summarize(self, dialogues, progress=None, **_options):
        self.dialogues += len(dialogues)
        return [Completion(f"About {text}", 3, False) for text in dialogues]


@pytest.fixture
def echo(monkeypatch):
    fake = Echo()
    tuned = TunedModel(fake, lambda texts: [len(text.split()) for text in texts], 20, "truncate", "Tiny")
    monkeypatch.setattr(command, "load_tuned", lambda _adapter, _beams: tuned)
    return fake


@pytest.fixture
def job(tmp_path):
    run_dir = RunDir(tmp_path / "artifacts")
    run_dir.adapter.mkdir(parents=True)
    (run_dir.adapter / "adapter").write_text("weights")
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jsonl").write_text("".join(json.dumps({"dialogue": f"Ann: {n}"}) + "\n" for n in range(3)))
    rows = [{"dialogue": f"Bob: {n}", "id": n} for n in range(2)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), source / "b.parquet")
    (source / "notes.txt").write_text("not a shard")
    return Job(source, tmp_path / "out", run_dir.root)


def summaries(job):
    files = sorted(job.target.glob("*.jsonl"))
    return {file.name: [json.loads(line)["summary"] for line in file.read_text().splitlines()] for file in files}


EVERY = {"a.jsonl": [f"About Ann: {n}" for n in range(3)], "b.jsonl": [f"About Bob: {n}" for n in range(2)]}


def test_every_row_of_every_shard_gets_a_summary_once(job, echo):
    summarize_folder(job)
    assert summaries(job) == EVERY
    summarize_folder(job)
    assert echo.dialogues == 5


def test_a_missing_or_older_output_is_made_again(job, echo):
    summarize_folder(job)
    job.output("b.parquet").unlink()
    os.utime(job.output("a.jsonl"), (1, 1))
    summarize_folder(job)
    assert (summaries(job), echo.dialogues) == (EVERY, 10)


def test_a_bad_shard_is_named_and_the_others_are_finished(job, echo):
    (job.source / "aa.jsonl").write_text('{"dialogue": ""}\n')
    with pytest.raises(InputError, match=r"1 shard not summarized:\naa.jsonl: .*missing or empty"):
        summarize_folder(job)
    assert summaries(job) == EVERY


def test_summaries_of_another_model_are_not_mixed(job, echo):
    summarize_folder(job)
    (RunDir(job.run_dir).adapter / "adapter").write_text("other weights")
    with pytest.raises(InputError, match="another model or with other settings"):
        summarize_folder(job)


@pytest.mark.parametrize(
    ("name", "message"), [("b.jsonl", "several shards named 'b'"), (None, "holds no shard: expected files named")]
)
def test_folders_that_cannot_be_used(name, message, job, echo):
    for path in list(job.source.iterdir()) if name is None else ():
        path.unlink()
    if name is not None:
        (job.source / name).write_text('{"dialogue": "Ann: Hi"}\n')
    with pytest.raises(InputError, match=message):
        summarize_folder(job)
    assert not job.target.exists()


def test_without_ray_the_message_says_how_to_install_it(job, echo, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'sumtune\[ray\]'"):
        summarize_folder(job, "auto")
