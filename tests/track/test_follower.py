"""A follower sends all of a log, each step once, whatever the tracker does; and nobody waits for it."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fake_tracker import METHODS, Store

from sumtune.files.run_dir import RunDir
from sumtune.track import follower
from sumtune.track.follower import Follower, Results
from sumtune.track.log_tail import tails_of
from sumtune.track.references import References
from sumtune.track.tracker import TrackedRun
from sumtune.train.event_log import append_event, cut_after

FORECAST = {"forecast/training_s": 60.0}


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "SEND_EVERY_S", 0.001)
    monkeypatch.setattr(follower, "RETRY_EVERY_S", 0.001)


def log_steps(run_dir: RunDir, first: int, last: int, loss: Callable[[int], float] = float) -> None:
    for step in range(first, last + 1):
        append_event(run_dir.train_metrics, {
            "event": "step", "step": step, "loss": loss(step), "learning_rate": 0.1, "gradient_norm": 1.0,
            "tokens": 100, "seconds": 0.5, "elapsed_s": step / 2,
        })  # fmt: skip


def follow(run_dir: RunDir, store: Store, warnings: list[str], name: str = "fake") -> Follower:
    run = TrackedRun(run_dir.root, {"train.epochs": "3"}, {})
    tails = partial(tails_of, run_dir)
    found = Follower(name, store.make, run, tails, References(run_dir), warnings.append, FORECAST)
    found.start()
    return found


def finish(following: Follower, results: Results | None = None) -> None:
    following.end(results or Results("finished"))
    following.wait(10)


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_it_sends_what_is_logged_while_it_follows(tmp_path: Path) -> None:
    run_dir, store, warnings = RunDir(tmp_path), Store(), list[str]()
    log_steps(run_dir, 1, 3)
    following = follow(run_dir, store, warnings)
    wait_for(lambda: store.steps("train/loss") == [1, 2, 3])
    log_steps(run_dir, 4, 5)
    append_event(run_dir.train_metrics, {"event": "validation", "step": 5, "loss": float("nan"), "elapsed_s": 3})
    append_event(run_dir.at_stage("ranking").train_metrics, {"event": "validation", "step": 0, "loss": 2.0})
    finish(following, Results("finished", {"scores/tuned/rouge1": 0.5}))
    assert (store.steps("train/loss"), store.values("train/loss")) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert set(store.values("train/tokens_per_s")) == {200.0}
    assert store.values("ranking/validation/loss") == [2.0]
    assert "validation/loss" not in {point.name for point in store.points}  # it is not finite
    assert (store.values("forecast/training_s"), store.values("scores/tuned/rouge1")) == ([60.0], [0.5])
    times = [point.time_s for point in store.points if point.name == "train/loss"]
    assert [later - times[0] for later in times] == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert (store.outcomes, warnings) == (["finished"], [])


def test_a_resumed_run_continues_and_has_no_step_twice(tmp_path: Path) -> None:
    run_dir, store, file = RunDir(tmp_path), Store(), tmp_path / "report.html"
    file.write_text("one")
    results = Results("finished", {"scores/tuned/rouge1": 0.5}, {"report.html": file})
    log_steps(run_dir, 1, 6)
    finish(follow(run_dir, store, []), Results("stopped"))
    cut_after(run_dir.train_metrics, 4)
    following = follow(run_dir, store, [])
    log_steps(run_dir, 5, 8)
    finish(following, results)
    assert store.steps("train/loss") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(store.runs) == ["run 1"]
    stored = len(store.points)
    store.files.clear()
    finish(follow(run_dir, store, []), results)
    assert (len(store.points), store.files) == (stored, {})  # all of it is there
    finish(follow(run_dir, store, []), Results("finished", {"scores/tuned/rouge1": 0.6}))
    assert (store.steps("scores/tuned/rouge1"), store.values("scores/tuned/rouge1")) == ([0, 1], [0.5, 0.6])


def test_a_log_that_is_cut_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    run_dir, store = RunDir(tmp_path), Store()
    log_steps(run_dir, 1, 6)
    following = follow(run_dir, store, [])
    wait_for(lambda: len(store.steps("train/loss")) == 6)
    cut_after(run_dir.train_metrics, 3)
    log_steps(run_dir, 4, 9)
    finish(following)
    assert store.steps("train/loss") == [1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("method", METHODS)
def test_a_tracker_that_fails_is_one_warning_of_one_line(tmp_path: Path, method: str) -> None:
    run_dir, store, warnings = RunDir(tmp_path), Store(), list[str]()
    log_steps(run_dir, 1, 2)
    store.failing = {method}
    finish(follow(run_dir, store, warnings), Results("finished", {}, {"log": run_dir.train_metrics}))
    (warning,) = warnings
    assert "fake: OSError: [Errno 28] No space left on device. The run continues" in warning
    assert "\n" not in warning


def test_a_tracker_that_comes_back_gets_everything(tmp_path: Path) -> None:
    run_dir, store, warnings = RunDir(tmp_path), Store(), list[str]()
    store.failing = {"add"}
    following = follow(run_dir, store, warnings)
    log_steps(run_dir, 1, 5)
    wait_for(lambda: warnings)
    store.failing = set()
    finish(following)
    assert store.steps("train/loss") == [1, 2, 3, 4, 5]
    assert (store.outcomes, len(warnings)) == (["finished"], 1)


def test_nobody_waits_for_a_tracker_that_hangs(tmp_path: Path) -> None:
    run_dir, store, warnings = RunDir(tmp_path), Store(), list[str]()
    store.hanging.clear()
    following, began = follow(run_dir, store, warnings), time.monotonic()
    following.end(Results("finished"))
    following.wait(0.05)
    assert time.monotonic() - began < 5
    assert [warning for warning in warnings if "has not received everything in time" in warning] == warnings
    store.hanging.set()
    following._thread.join(10)
    assert not run_dir.trackers.exists()  # another command may be writing to the folder
    assert len(warnings) == 1
