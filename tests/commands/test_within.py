"""Runs with a time limit: what they choose, keep and refuse."""

import io
import json
import time
from dataclasses import replace

import pytest
import small_runs
from rich.console import Console
from small_runs import RUN, config, snapshot

from sumtune.commands import pipeline, train
from sumtune.commands.within import Deadline, choice_record, evaluated_in_time, recorded_choice
from sumtune.config import Config
from sumtune.errors import ConfigError, RunDirError
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.forecast.evaluation import EvaluationCosts
from sumtune.forecast.within import Choice, finishing_seconds
from sumtune.train.event_log import append_event, read_events


def run(**changed):
    shown = Console(file=io.StringIO(), width=200)
    pipeline.run(config(**{"train__within": "2m", "evaluate__base": False} | changed), RUN, shown)
    return shown.file.getvalue()


def test_a_run_says_what_it_chose_and_keeps_it(go_to):
    go_to("new")
    output = run()
    choice = recorded_choice(RUN)
    record = RUN.record()
    assert record["config"]["train"]["epochs"] == choice.epochs == 10, "tiny models are never out of time"
    assert len(load_scorecard(RUN).examples) == record["config"]["evaluate"]["max_examples"] == choice.scored
    assert "CHOSEN TO END WITHIN 2 min" in output
    assert "more is not expected to raise the score, so the run ends early" in output
    assert "of 2 min." in output.splitlines()[-1]
    before = snapshot(RUN.adapter), RUN.evaluation.stat().st_mtime_ns
    assert "training is skipped" in run()
    assert (snapshot(RUN.adapter), RUN.evaluation.stat().st_mtime_ns) == before
    with pytest.raises(RunDirError, match=r"train\.within: 120\.0 → 180\.0"):
        run(train__within="3m")


def test_too_little_time_is_refused_before_anything_changes(go_to):
    go_to("finished")
    before = snapshot(RUN.root)
    with pytest.raises(ConfigError, match=r"too short for a useful result.* Give at least --within \d+s"):
        pipeline.run(config(train__within=0.1), RUN, small_runs.console(), overwrite=True)
    assert snapshot(RUN.root) == before


def test_the_time_ends_the_training_and_the_evaluation_fits_into_the_rest(go_to, monkeypatch):
    go_to("new")
    real = train.choose_within

    def late(session, evaluation, deadline):
        """As if the evaluation took all of the time."""
        session, forecast, choice = real(session, evaluation, deadline)
        return session, forecast, replace(choice, closing_s=1e6)

    monkeypatch.setattr(train, "choose_within", late)
    run()
    events = read_events(RUN.train_metrics)
    assert [event["step"] for event in events if event["event"] == "step"] == [1], "no time was left for more"
    assert events[-1]["event"] == "end"
    assert RUN.adapter.is_dir()


@pytest.mark.parametrize(("slower", "scored"), [(1.0, 90), (0.5, 90), (2.0, 42), (100.0, 8)])
def test_as_many_examples_are_scored_as_the_machine_can_at_its_speed_now(tmp_path, slower, scored):
    run_dir, deadline = RunDir(tmp_path), Deadline(time.monotonic() + 95.0 + finishing_seconds(0.0), within_s=0.0)
    costs = EvaluationCosts(400, setup_s=5.0, example_s=1.0)
    choice = Choice(1, 4, True, 60, 100, 120, 4, step_s=2.0, training_s=200.0, closing_s=70.0, evaluation=costs)
    write_record(run_dir.run_json, {"config": Config().model_dump(mode="json"), **choice_record(choice)})
    for step in range(1, 101):  # it became slower at the end
        event = {"event": "step", "step": step, "loss": 1.0, "learning_rate": 1e-4, "gradient_norm": 1.0, "tokens": 9,
                 "seconds": 2.0 * (slower if step > 80 else 1.0), "elapsed_s": 2.0 * step}  # fmt: skip
        append_event(run_dir.train_metrics, event)
    affordable = evaluated_in_time(Config(), run_dir, deadline).evaluate.max_examples
    assert affordable == pytest.approx(scored, abs=1)
    assert recorded_choice(run_dir).scored == affordable
    assert run_dir.record()["config"]["evaluate"]["max_examples"] == affordable


def test_a_resumed_run_keeps_the_choice_and_what_is_left_of_the_time(go_to, monkeypatch):
    go_to("new")
    limits = []
    real = Deadline.limit

    def limit(deadline, *args):
        limits.append(real(deadline, *args))
        return limits[-1]

    monkeypatch.setattr(Deadline, "limit", limit)
    with monkeypatch.context() as patch:
        patch.setattr("sumtune.commands.train.training_progress", small_runs._stopping)
        with pytest.raises(KeyboardInterrupt):
            run()
    choice = recorded_choice(RUN)
    run()
    assert replace(recorded_choice(RUN), scored=choice.scored) == choice
    assert limits[1].seconds == pytest.approx(limits[0].seconds, abs=5)
    assert json.loads(RUN.run_json.read_text())["training_s"] < 60
