"""Repeating a run makes what is damaged again, without training again; where that is impossible the message says so."""

from shutil import rmtree

import pytest
from damaging import flip
from small_runs import RUN, config, snapshot, train

from sumtune.commands.clean import clean_run
from sumtune.errors import RunDirError
from sumtune.train.event_log import read_events
from sumtune.train.final_adapter import adapter_damage


def contents():
    return {path.name: path.read_bytes() for path in RUN.adapter.iterdir()}


def steps():
    return [event["loss"] for event in read_events(RUN.train_metrics) if event["event"] == "step"]


def test_a_damaged_adapter_is_published_again_from_its_checkpoint(go_to):
    go_to("finished")
    before, trained = contents(), steps()
    flip(RUN.adapter / "adapter_model.safetensors")
    train()
    assert contents() == before
    assert steps() == trained, "nothing was trained again"


@pytest.mark.parametrize("damage", [rmtree, lambda folder: flip(folder / "adapter_config.json")])
def test_without_a_checkpoint_a_damaged_adapter_is_named_and_overwrite_trains_again(go_to, damage):
    go_to("finished")
    before = contents()
    clean_run(RUN, everything=True)
    damage(RUN.adapter)
    left = snapshot(RUN.root)
    with pytest.raises(RunDirError, match=r"adapter in .* is damaged \(.* no intact checkpoint .* --overwrite"):
        train()
    assert snapshot(RUN.root) == left
    train(overwrite=True)
    assert contents() == before
    assert adapter_damage(RUN) is None


def test_a_stage_whose_files_are_lost_is_done_again_by_the_run_and_named_by_others(go_to):
    go_to("finished")
    before = snapshot(RUN.root)
    for folder in (RUN.ingestion, RUN.transformation):
        rmtree(folder)
    with pytest.raises(RunDirError, match="repeat the `sumtune run` command that made run"):
        RUN.require(RUN.split("train"), "run")
    train()
    after = snapshot(RUN.root)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed <= {"run.json"}


def test_a_damaged_record_is_written_again(go_to):
    go_to("finished")
    wanted = RUN.record()
    flip(RUN.run_json)
    with pytest.raises(RunDirError, match=r"run\.json cannot be read or is damaged: repeat the `sumtune run`"):
        RUN.record()
    train()
    record = RUN.record()
    assert record["config"] == config().model_dump(mode="json")
    assert {"versions", "machine"} <= wanted.keys() & record.keys()
