"""Tune, evaluate and plan without a command line."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from api_world import PAIRS, SETTINGS, World, files_in

import sumtune
from sumtune.errors import ConfigError, RunDirError
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir


def test_a_run_has_scores_a_diagnosis_and_a_report_that_a_notebook_shows(world: World) -> None:
    run = world.run
    card = load_scorecard(RunDir(Path("runs/chats")))
    assert set(run.scores) == set(card.systems) == {"tuned", "base", "lead-3", "longest-3"}
    for name, scores in run.scores.items():
        exact = card.systems[name].metrics["rouge1"]
        assert (scores.rouge1, scores.rouge1.low, scores.rouge1.high) == (exact.mean, exact.low, exact.high)
    assert "longest-3" in str(run)
    assert "DIAGNOSIS" in run._repr_html_()
    assert str(run.report) == str(run) == repr(run)


def test_progress_goes_to_a_function_line_by_line_and_holds_no_dialogue(world: World) -> None:
    text = "\n".join(world.lines)
    assert "TRAINING CONFIGURATION" in text
    assert "Summarizing (tuned)" in text
    assert not any("\n" in line for line in world.lines)
    turns = {turn for dialogue, _ in PAIRS for turn in dialogue.splitlines()}
    assert not any(turn in text for turn in turns)


def test_nothing_is_printed_without_progress(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    again = sumtune.tune(PAIRS, preset="fast", run_dir=world.run, settings=SETTINGS, progress=False)
    assert capsys.readouterr().out == ""
    assert again.scores == world.run.scores


def test_progress_is_printed_by_default(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    sumtune.evaluate("runs/chats")
    assert "Preparing the engine" in capsys.readouterr().out


def test_another_run_is_never_replaced_unasked(world: World) -> None:
    before = files_in(Path("runs"))
    with pytest.raises(RunDirError, match=r"holds a run with other settings:\n  data.path"):
        sumtune.tune(PAIRS[:30], preset="fast", run_dir="runs/chats", settings=SETTINGS, progress=False)
    assert files_in(Path("runs")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "fastest"}, "Unknown preset 'fastest'"),
        ({"settings": {"train.epoch": 2}}, "train.epoch: unknown setting. Did you mean train.epochs?"),
        ({"settings": {"train.epochs": object()}}, "A setting has the value <object"),
        ({"settings": {"train": {"epochs": 0}}}, "train.epochs = 0"),
        ({"dialogue_column": "chat"}, "chat"),
    ],
)
def test_what_is_wrong_is_said_as_by_the_command_and_leaves_nothing(
    arguments: dict[str, Any], message: str, world: World
) -> None:
    with pytest.raises(sumtune.SumtuneError) as caught:
        sumtune.tune(PAIRS, run_dir="runs/new", progress=False, **arguments)
    assert message in str(caught.value)
    assert not Path("runs/new").exists()


def test_an_evaluation_with_other_settings_is_kept(own_world: World) -> None:
    greedy = sumtune.evaluate("runs/chats", progress=False)
    assert greedy.scores == own_world.run.scores
    fewer = sumtune.evaluate(greedy, settings={"evaluate.max_examples": 2}, progress=False)
    assert fewer.scores["tuned"].n == 2
    with pytest.raises(ConfigError, match=r"does not use train\.epochs"):
        sumtune.evaluate("runs/chats", settings={"train.epochs": 2}, progress=False)


def test_examples_of_a_run_stay_for_its_next_start(own_world: World) -> None:
    (folder,) = Path("runs/chats/input").iterdir()
    shutil.rmtree("runs/chats/model_evaluation")
    again = sumtune.tune(PAIRS, preset="fast", run_dir="runs/chats", settings=SETTINGS, progress=False)
    assert again.scores == own_world.run.scores
    assert folder.is_dir()


def test_a_plan_of_pairs_needs_no_file_and_leaves_none(world: World) -> None:
    before = files_in(Path("runs"))
    settings = SETTINGS | {"data.train_share": 1.0}
    plan = sumtune.plan(PAIRS, preset="fast", settings=settings, quick=True, history=False, progress=False)
    assert list(plan.presets) == ["fast"]
    assert "examples: 40 conversations" in str(plan)
    assert "lead-3" in plan._repr_html_()
    assert files_in(Path("runs")) == before
