"""A refused run changes nothing in its folder, and what was interrupted there can still be resumed."""

import json
import os
import shutil

import pytest
import tiny
from small_runs import DATA, MODEL, RUN, config, snapshot, train

from sumtune.errors import RunDirError, SumtuneError
from sumtune.files.locking import locked
from sumtune.files.run_dir import RunDir
from sumtune.train import disk_space
from sumtune.train import session as training


def other_data(patch):
    tiny.write_jsonl(DATA, 30, start=100)


def broken_data(patch):
    with DATA.open("a", encoding="utf-8") as file:
        file.write('{"dialogue": "Ana: Hi"}\n')


def too_few_data(patch):
    tiny.write_jsonl(DATA, 1)


def broken_model_config(patch):
    (MODEL / "config.json").write_text("{")


def no_tokenizer(patch):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (MODEL / name).unlink()


def half_a_model(patch):
    os.truncate(MODEL / "model.safetensors", 1000)


def full_disk(patch):
    patch.setattr(disk_space.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10, 9, 1))


def refuse(*_arguments, **_options):
    raise SumtuneError("planted")


def too_little_memory(patch):
    patch.setattr("sumtune.commands.train.fit_to_memory", refuse)


def no_forecast(patch):
    patch.setattr("sumtune.commands.train.forecast", refuse)
    patch.setattr("sumtune.commands.train.forecast_remaining", refuse)


def no_device(patch):
    patch.setattr(training, "choose_device", refuse)


LATE = (half_a_model, full_disk, too_little_memory, no_forecast, no_device)
"""Found only when the data are prepared."""
CASES = [
    *(("new", (problem,), {}) for problem in (broken_data, too_few_data, broken_model_config, no_tokenizer, *LATE)),
    *(("interrupted", (problem,), {}) for problem in (broken_data, other_data, half_a_model, too_little_memory)),
    *(("finished", (problem,), {}) for problem in (broken_data, too_few_data, other_data, broken_model_config)),
    *(("finished", (other_data, problem), {"overwrite": True}) for problem in LATE),
    ("interrupted", (other_data, no_forecast), {"overwrite": True}),
    ("new", (), {"resume": True}),
    ("interrupted", (other_data,), {"resume": True}),
]


@pytest.mark.parametrize(
    ("state", "problems", "options"),
    CASES,
    ids=lambda value: value if isinstance(value, str) else "+".join(getattr(one, "__name__", one) for one in value),
)
def test_a_refused_run_changes_nothing(go_to, monkeypatch, state, problems, options):
    go_to(state)
    before, existed = snapshot(RUN.root), RUN.root.exists()
    with monkeypatch.context() as patch:
        for problem in problems:
            problem(patch)
        with pytest.raises(SumtuneError):
            train(**options)
    assert snapshot(RUN.root) == before
    assert RUN.root.exists() == existed


def test_other_settings_and_a_folder_in_use_are_refused_likewise(go_to):
    go_to("interrupted")
    with locked(RUN.root):
        pass  # leaves its file
    before = snapshot(RUN.root)
    with pytest.raises(RunDirError, match=r"lora\.rank: 4 → 2"):
        train(config(lora__rank=2))
    assert snapshot(RUN.root) == before
    with locked(RUN.root):
        held = snapshot(RUN.root)
        with pytest.raises(RunDirError, match="is being written by process"):
            train()
        assert snapshot(RUN.root) == held


def test_an_interrupt_while_the_forecast_is_made_changes_nothing(go_to, monkeypatch):
    go_to("finished")
    other_data(None)
    before = snapshot(RUN.root)

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("sumtune.commands.train.forecast", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(overwrite=True)
    assert snapshot(RUN.root) == before


def test_an_interrupted_run_goes_on_after_refused_ones(go_to, places):
    go_to("interrupted")
    kept = DATA.read_bytes()
    for problem in (other_data, broken_data):
        problem(None)
        with pytest.raises(SumtuneError):
            train()
    DATA.write_bytes(kept)
    train(resume=True)
    straight = RunDir(places / "finished" / RUN.root)
    for name in ("adapter_model.safetensors", "prompt.json", "sumtune.json"):
        assert (RUN.adapter / name).read_bytes() == (straight.adapter / name).read_bytes()


def test_overwriting_leaves_nothing_that_the_old_run_learned_or_scored(go_to):
    go_to("finished")
    (RUN.evaluation).mkdir()
    (RUN.evaluation / "scores.json").write_text("{}")
    RUN.diagnosis.write_text("{}")
    old = RUN.split("train").read_bytes()
    other_data(None)
    train(overwrite=True)
    assert RUN.split("train").read_bytes() != old
    assert not RUN.evaluation.exists()
    assert not RUN.diagnosis.exists()
    assert not [path.name for path in RUN.root.iterdir() if path.name.startswith(".") and path.name != ".lock"]


@pytest.mark.parametrize(
    "file",
    [RUN.run_json, RUN.ingestion / "manifest.json", RUN.validation_report, RUN.transformation / "manifest.json",
     RUN.trainer / "manifest.json"],
    ids=str,
)  # fmt: skip
def test_a_folder_of_a_newer_version_is_refused_even_with_overwrite(go_to, file):
    go_to("finished")
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"format": 99, "new": "entries"}), encoding="utf-8")
    before = snapshot(RUN.root)
    with pytest.raises(RunDirError, match="written by a newer version of sumtune"):
        train(overwrite=True)
    assert snapshot(RUN.root) == before
