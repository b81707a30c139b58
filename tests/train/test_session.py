import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from damaging import flip
from safetensors.torch import load_file

from sumtune import errors
from sumtune.errors import RunDirError
from sumtune.files.records import read_record
from sumtune.files.run_dir import RunDir
from sumtune.model.load import load_base
from sumtune.model.lora import load_adapter
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState, latest_intact, list_checkpoints, prune
from sumtune.train.event_log import Event, append_event, cut_after, read_events
from sumtune.train.final_adapter import finished
from sumtune.train.session import Session
from sumtune.train.step import Gradient

pytestmark = pytest.mark.e2e

Make = Callable[..., Session]
Straight = Callable[[str], tuple[RunDir, bytes]]
TWO_EPOCHS = {"train.epochs": 2}
"""Of 6 steps each."""
NUMBERS = {"loss": 0.5, "learning_rate": 1e-3, "gradient_norm": 1.0, "tokens": 9, "elapsed_s": 1.0}


class StoppedError(Exception):
    """Simulates a power cut."""


def run(session: Session, resume: bool = False, stop: tuple[str, int] | None = None) -> bytes:
    """Train and return the bytes of the final adapter; `stop` raises at the event (kind, step)."""

    def report(event: Event) -> None:
        if stop == (event["event"], event["step"]):
            raise StoppedError

    training.run(session, report, resume)
    return (session.run_dir.adapter / "adapter_model.safetensors").read_bytes()


def run_in_pieces(make: Callable[[], Session], stops: list[tuple[str, int]]) -> bytes:
    for at, stop in enumerate(stops):
        with pytest.raises(StoppedError):
            run(make(), resume=at > 0, stop=stop)
    return run(make(), resume=True)


def told(run_dir: RunDir) -> list[tuple[Any, ...]]:
    """Return the events of the log without times and start events."""
    keys = ("event", "step", "loss", "learning_rate", "gradient_norm", "best", "epoch")
    events = read_events(run_dir.train_metrics)
    return [tuple(event.get(key) for key in keys) for event in events if event["event"] != "start"]


@pytest.fixture(scope="module")
def straight(session_in: Make, tmp_path_factory: pytest.TempPathFactory) -> Straight:
    """A function that returns the folder of the uninterrupted run of a model, and the adapter, trained once."""

    @cache
    def train(name: str) -> tuple[RunDir, bytes]:
        session = session_in(tmp_path_factory.mktemp("straight"), name, changed=TWO_EPOCHS)
        return session.run_dir, run(session)

    return train


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("gemma", [("step", 3), ("validation", 8), ("step", 11)]),
        ("t5", [("step", 5), ("step", 10), ("end", 12)]),
    ],
    ids=["gemma", "t5"],
)
def test_resumed_equals_straight(
    make_session: Make, tmp_path: Path, straight: Straight, name: str, stops: list[tuple[str, int]]
) -> None:
    run_dir, adapter = straight(name)
    assert run_in_pieces(lambda: make_session(name, changed=TWO_EPOCHS), stops) == adapter
    pieces = RunDir(tmp_path / "run")
    last = [load_file(each.trainer / "checkpoint-12" / "optimizer.safetensors") for each in (run_dir, pieces)]
    assert last[0].keys() == last[1].keys()
    assert all(torch.equal(last[0][key], last[1][key]) for key in last[0])
    assert told(pieces) == told(run_dir), "the log has each event once, with the same numbers"


def test_resumed_equals_straight_in_bf16_with_dora_and_weight_decay(make_session: Make) -> None:
    changed = {"model.precision": "bf16", "lora.dora": True, "train.weight_decay": 0.1, "train.schedule": "cosine"}
    changed |= {"train.epochs": 1}
    expected = run(make_session("llama", "straight", changed))
    assert run_in_pieces(lambda: make_session("llama", "pieces", changed), [("step", 5)]) == expected


def test_the_seed_alone_decides_the_adapter(make_session: Make, straight: Straight) -> None:
    name = "t5"  # it has dropout of its own
    _, adapter = straight(name)
    torch.manual_seed(1234)
    assert run(make_session(name, changed=TWO_EPOCHS)) == adapter
    assert run(make_session(name, "other", TWO_EPOCHS | {"train.seed": 1})) != adapter


@pytest.mark.parametrize("name", ["gemma", "gpt2", "bart"])
def test_training_lowers_the_validation_loss_and_publishes_it(make_session: Make, name: str) -> None:
    session = make_session(name, changed=TWO_EPOCHS)
    run(session)
    losses = [event["loss"] for event in read_events(session.run_dir.train_metrics) if event["event"] == "validation"]
    assert min(losses) < losses[0] - 0.03
    base = load_base(Path(session.config.model.name), torch.float32)
    load_adapter(base, session.run_dir.adapter)  # puts the adapter into `base`
    reloaded = training.mean_loss(type(session.loss_fn)(base, session.loss_fn.pad_id), session.validation, 512)
    assert reloaded == pytest.approx(min(losses), rel=1e-5)


def test_the_adapter_folder_has_all_that_serving_needs(make_session: Make) -> None:
    session = make_session("gemma", "run", {"train.epochs": 1})
    run(session)
    folder = session.run_dir.adapter
    names = {"adapter_config.json", "adapter_model.safetensors", "prompt.json", "summary_tokens.json", "sumtune.json"}
    assert {file.name for file in folder.iterdir()} == names
    written = {token for example in session.examples for token in example.target}
    assert SummaryTokens.load(folder, 400) == SummaryTokens(tuple(sorted(written)), english=True)
    assert (folder / "prompt.json").read_bytes() == (session.run_dir.transformation / "prompt.json").read_bytes()
    settings = json.loads((folder / "sumtune.json").read_text())
    assert settings["model"]["name"] == session.config.model.name
    assert settings["decode"] == session.config.decode.model_dump()
    lora = json.loads((folder / "adapter_config.json").read_text())
    assert (lora["r"], lora["lora_dropout"], lora["peft_type"]) == (4, 0.2, "LORA")


@pytest.mark.parametrize(("result", "step"), [("best", 4), ("last", 12)])
def test_the_chosen_adapter_is_the_result_and_best_and_newest_checkpoints_stay(
    make_session: Make, monkeypatch: pytest.MonkeyPatch, result: str, step: int
) -> None:
    session = make_session("llama", "run", {"train.result": result, "train.epochs": 2})
    losses = iter([5.0, 2.0, 4.0, 4.5, 4.0, 4.2])
    monkeypatch.setattr(training, "validation_loss", lambda _session: next(losses))
    published = run(session)
    trainer = session.run_dir.trainer
    assert [path.name for path in list_checkpoints(trainer)] == ["checkpoint-4", "checkpoint-8", "checkpoint-12"]
    weights = {path.name: (path / "adapter_model.safetensors").read_bytes() for path in list_checkpoints(trainer)}
    assert [name for name, weight in weights.items() if weight == published] == [f"checkpoint-{step}"]
    assert json.loads((trainer / "manifest.json").read_text())["best_step"] == 4


def test_a_best_validation_after_a_skipped_step_does_not_replace_the_saved_best(
    make_session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session("llama", "run", {"train.result": "best"})
    losses, calls, real = iter([5.0, 3.0, 4.0, 1.0, 4.5, 4.2, 4.1]), count(1), training.step_gradient

    def skipping_the_eighth(*arguments: Any) -> Gradient:
        gradient = real(*arguments)
        return replace(gradient, loss=float("nan")) if next(calls) == 8 else gradient

    monkeypatch.setattr(training, "step_gradient", skipping_the_eighth)
    monkeypatch.setattr(training, "validation_loss", lambda _session: next(losses))
    state = training.run(session, lambda _: None)
    assert (state.best_step, state.best_loss) == (4, 3.0)
    weights = session.run_dir.trainer / "checkpoint-4" / "adapter_model.safetensors"
    assert (session.run_dir.adapter / "adapter_model.safetensors").read_bytes() == weights.read_bytes()


@pytest.mark.parametrize("damage", [shutil.rmtree, lambda folder: flip(folder / "adapter_model.safetensors")])
def test_if_the_best_checkpoint_is_lost_the_best_of_the_rest_is_the_result(
    make_session: Make, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    losses = iter([5.0, 1.0, 4.0, 3.0, 3.5, 3.0, 3.5, 3.7, 4.0])
    monkeypatch.setattr(training, "validation_loss", lambda _session: next(losses))
    make = partial(make_session, "llama", "run", {"train.result": "best"})
    with pytest.raises(StoppedError):
        run(make(), stop=("step", 10))
    session = make()
    damage(session.run_dir.trainer / "checkpoint-4")
    run(session, resume=True)
    manifest = read_record(session.run_dir.trainer / "manifest.json")
    assert (manifest["best_step"], manifest["best_loss"]) == (16, 3.0)
    warnings = [event["message"] for event in read_events(session.run_dir.train_metrics) if event["event"] == "warning"]
    assert len(warnings) == 1
    assert "of step 4, is lost" in warnings[0]


def test_a_best_checkpoint_lost_at_the_end_is_an_error_that_names_overwrite(
    make_session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([5.0, 1.0, 4.0])
    monkeypatch.setattr(training, "validation_loss", lambda _session: next(losses))
    make = partial(make_session, "llama", "run", {"train.epochs": 1, "train.result": "best"})
    run(make())
    session = make()
    flip(session.run_dir.trainer / "checkpoint-4" / "adapter_config.json")
    with pytest.raises(RunDirError, match=r"checkpoint-4, the best checkpoint of this run.*--overwrite"):
        run(session, resume=True)


def test_finished_is_true_for_exactly_what_was_trained(make_session: Make) -> None:
    session = make_session("llama", "run", {"train.epochs": 1})
    assert not finished(session.config, session.run_dir)
    run(session)
    assert finished(session.config, session.run_dir)
    more = make_session("llama", "run", {"train.epochs": 2})
    assert not finished(more.config, more.run_dir)


def test_a_checkpoint_of_other_settings_is_refused(make_session: Make) -> None:
    one = {"train.epochs": 1}
    with pytest.raises(StoppedError):
        run(make_session("llama", "run", one), stop=("step", 5))
    for changed in ({"train.learning_rate": 5e-3}, {"lora.rank": 8}, {"model.max_source_tokens": 32}):
        with pytest.raises(RunDirError, match="other data or settings"):
            run(make_session("llama", "run", one | changed), resume=True)
    run(make_session("llama", "run", one | {"train.keep_checkpoints": 1}), resume=True)


def test_after_damage_the_one_before_leads_to_the_same_adapter(make_session: Make, straight: Straight) -> None:
    name = "gemma"
    _, adapter = straight(name)
    with pytest.raises(StoppedError):
        run(make_session(name, changed=TWO_EPOCHS), stop=("step", 11))
    session = make_session(name, changed=TWO_EPOCHS)
    path = list_checkpoints(session.run_dir.trainer)[-1] / "optimizer.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert run(session, resume=True) == adapter


@pytest.mark.usefixtures("control_c")
def test_control_c_after_the_last_step_is_not_forgotten(make_session: Make, straight: Straight) -> None:
    """The command would otherwise go on to score."""

    def interrupt(event: Event) -> None:
        if event["event"] == "end":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(errors.StoppedError, match="after the last optimizer step"):
        training.run(make_session("gemma", changed=TWO_EPOCHS), interrupt)
    assert run(make_session("gemma", changed=TWO_EPOCHS), resume=True) == straight("gemma")[1]


def test_resuming_without_a_checkpoint_is_an_error(make_session: Make) -> None:
    with pytest.raises(RunDirError, match="no checkpoint"):
        run(make_session("llama"), resume=True)


def test_a_new_run_leaves_nothing_of_the_old(make_session: Make) -> None:
    run(make_session("llama", "run", {"train.epochs": 1}))
    session = make_session("llama", "run", {"train.seed": 3})
    training.clear(session.run_dir)
    with pytest.raises(StoppedError):
        run(session, stop=("step", 2))
    assert [path.name for path in list_checkpoints(session.run_dir.trainer)] == ["checkpoint-0"]
    assert not session.run_dir.adapter.exists()
    assert max(event["step"] for event in read_events(session.run_dir.train_metrics)) == 2


def test_pruning_keeps_the_newest_and_the_best(tmp_path: Path) -> None:
    for step in (0, 50, 100, 1000, 250):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / ".checkpoint-1050.tmp").mkdir()
    (tmp_path / "checkpoint-1001").mkdir()
    (tmp_path / "checkpoint-old").mkdir()
    prune(tmp_path, 2, TrainState(step=1000, best_step=50))
    assert [path.name for path in list_checkpoints(tmp_path)] == ["checkpoint-50", "checkpoint-250", "checkpoint-1000"]
    assert (tmp_path / "checkpoint-old").exists()


def test_a_damaged_newer_checkpoint_does_not_count_as_kept(make_session: Make) -> None:
    with pytest.raises(StoppedError):
        run(make_session("llama", "run", {"train.keep_checkpoints": 1}), stop=("step", 10))
    session = make_session("llama", "run", {"train.keep_checkpoints": 1})
    trainer = session.run_dir.trainer
    shutil.copytree(trainer / "checkpoint-8", trainer / "checkpoint-17")
    flip(trainer / "checkpoint-17" / "state.json")
    with pytest.raises(StoppedError):
        run(session, resume=True, stop=("step", 13))
    assert latest_intact(trainer)[0] == trainer / "checkpoint-12"


def test_a_state_is_best_only_with_a_lower_loss() -> None:
    state = TrainState(step=5).after_validation(2.0)
    assert (state.best_step, state.best_loss) == (5, 2.0)
    for loss in (2.0, 2.5, float("nan"), float("inf")):
        assert TrainState(step=9, best_step=5, best_loss=2.0).after_validation(loss).best_step == 5


def test_the_log_survives_a_torn_line_and_is_cut_after_a_step(tmp_path: Path) -> None:
    log = tmp_path / "metrics.jsonl"
    assert cut_after(log, 3) == 3, "no step was logged"
    assert read_events(log) == []
    for step in range(1, 6):
        append_event(log, {"event": "step", "step": step, **NUMBERS})
    with log.open("a") as file:
        file.write('{"event": "st')
    assert [event["step"] for event in read_events(log)] == [1, 2, 3, 4, 5]
    assert cut_after(log, 3) == 0
    append_event(log, {"event": "step", "step": 4, **NUMBERS})
    assert [event["step"] for event in read_events(log)] == [1, 2, 3, 4]


def test_a_damaged_line_of_the_log_is_skipped_and_counted(tmp_path: Path) -> None:
    log = tmp_path / "metrics.jsonl"
    for step in range(1, 5):
        append_event(log, {"event": "step", "step": step, **NUMBERS})
    lines = log.read_text().splitlines(keepends=True)
    for bad in (lines[1].replace("0.5", "0.7"), "[]\n", "null\n", '{"event": "step", "step": 1}\n', "\xff\n"):
        log.write_bytes("".join([lines[0], bad, *lines[2:]]).encode("latin-1"))
        assert [event["step"] for event in read_events(log)] == [1, 3, 4]
        assert cut_after(log, 3) == 1
        assert [event["step"] for event in read_events(log)] == [1, 3]


def test_another_number_of_epochs_makes_the_session_of_that_number(make_session: Make) -> None:
    session = make_session("llama", changed={"train.epochs": 1})
    other = make_session("llama", changed={"train.epochs": 3})
    changed = session.with_settings(other.config)
    assert (changed.plan, changed.config, changed.fingerprint) == (other.plan, other.config, other.fingerprint)
    assert changed.validation == other.validation
