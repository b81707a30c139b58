"""Rules of training work on the logs of other tools."""

import csv
import json
import math
import pickle
import shlex
import sys
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from sumtune import cli
from sumtune.diagnose.diagnose_stage import diagnose_training_log
from sumtune.diagnose.training_logs.read_training_log import read_training_log
from sumtune.errors import ConfigError, DataError

NOISE = np.random.default_rng(0).normal(0, 0.02, 10_000)


def falling(step):
    return 1.4 + 1.2 * math.exp(-step / 60) + NOISE[int(step)]


def sound(step):
    return 1.6 + 1.0 * math.exp(-step / 40)


def linear(peak, warmup, total):
    """The learning rate of transformers' linear schedule that is logged after a step."""
    return lambda step: peak * (step / warmup if step < warmup else (total - step) / max(1, total - warmup))


def log_history(total, every=10, loss=falling, rate=None, validation=None, validate_every=50, norm=1.0, epochs=3):
    rate = rate or linear(2e-4, 10, total)
    for step in range(every, total + 1, every):
        shared = {"epoch": epochs * step / total, "step": step}
        yield {"loss": loss(step), "grad_norm": norm, "learning_rate": rate(step), **shared}
        if validation and step % validate_every == 0:
            yield {"eval_loss": validation(step), "eval_runtime": 1.2, **shared}


def trainer_state(folder, total, epochs=3, summary=True, examples=400, **history):
    folder.mkdir(parents=True, exist_ok=True)
    entries = list(log_history(total, epochs=epochs, **history))
    if summary:
        entries.append({"train_runtime": 80.0, "train_samples_per_second": examples * epochs / 80, "train_loss": 9.0,
                        "epoch": epochs, "step": total, "total_flos": 1e12})  # fmt: skip
    state = {"log_history": entries, "max_steps": total, "num_train_epochs": epochs, "global_step": total,
             "train_batch_size": 1, "logging_steps": 10}  # fmt: skip
    (folder / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    return folder / "trainer_state.json"


class Arguments:
    """Stands for `TrainingArguments` in a pickle."""

    def __init__(self, **settings):
        self.__dict__.update(settings)


def training_args(folder, **settings):
    """Write `training_args.bin` as `torch.save` does: a pickle in a ZIP file."""
    with zipfile.ZipFile(folder / "training_args.bin", "w") as archive:
        archive.writestr("training_args/data.pkl", pickle.dumps(Arguments(output_dir="x", **settings), protocol=2))


def codes(path):
    diagnosis = diagnose_training_log(path)
    return [finding.code for finding in (*diagnosis.findings, *diagnosis.advice)]


CASES = {
    "warmup_too_long": {"total": 60, "rate": linear(2e-4, 80, 60)},
    "learning_rate_too_high": {"total": 300, "loss": lambda step: 2.5 + 0.01 * step},
    "learning_rate_too_low": {"total": 300, "loss": lambda step: 2.5 + NOISE[step], "rate": linear(1e-6, 10, 300)},
    "overfitting": {"total": 400, "validation": lambda step: 1.6 + 0.4 * abs(step - 100) / 100},
    "underfitting": {"total": 400, "validation": lambda step: 2.6 - 0.002 * step},
    "nothing_learned": {"total": 300, "norm": 0.0},
    "too_few_steps": {"total": 40},
}


@pytest.mark.parametrize("code", CASES)
def test_a_fault_of_training_is_named_from_the_state_of_the_trainer(tmp_path, code):
    found = diagnose_training_log(trainer_state(tmp_path / "a run", **CASES[code])).findings[0]
    assert found.code == code
    (command,) = found.commands
    trainer_state(tmp_path / "a run", 300, validation=sound)
    result = CliRunner().invoke(cli.app, shlex.split(command)[1:], catch_exceptions=False)
    assert "No fault was found." in result.output
    assert code not in result.output


def test_a_sound_run_of_another_tool_has_no_fault(tmp_path):
    path = trainer_state(tmp_path, 300, validation=sound)
    assert not diagnose_training_log(path).findings
    training = read_training_log(path)
    assert (training.examples, training.steps_an_epoch, training.warmup_steps) == (400, 100, 0)


def test_a_loss_that_is_not_a_number_is_divergence(tmp_path):
    assert codes(trainer_state(tmp_path, 300, loss=lambda step: falling(step) if step < 100 else math.nan))[0] == (
        "learning_rate_too_high"
    )


@pytest.mark.parametrize("settings", [{"warmup_steps": 500}, {"warmup_ratio": 1.0}, {"warmup_steps": 0.9}])
def test_a_warmup_that_no_log_shows_is_read_from_the_arguments_beside_it(tmp_path, settings):
    """Ten optimizer steps make at most one line in the log of a Trainer."""
    state = trainer_state(tmp_path / "run" / "checkpoint-10", 10, epochs=1, examples=40, rate=lambda _: 4e-6)
    more = {"learning_rate": 2e-4, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4}
    training_args(tmp_path / "run", **settings, **more)
    (tmp_path / "run" / "adapter_config.json").write_text('{"r": 8, "lora_alpha": 16}', encoding="utf-8")
    first = diagnose_training_log(state).findings[0]
    assert first.code == "warmup_too_long"
    assert first.evidence.startswith("40 examples in batches of 4 for 1 epoch: 10 optimizer steps.")
    assert "The highest learning rate reached is 2% of the setting." in first.evidence
    assert "warmup_steps=1, num_train_epochs=10" in first.remedy
    assert codes(tmp_path / "run") == codes(state)
    assert {command for one in diagnose_training_log(state).findings for command in one.commands} == {
        f"sumtune diagnose --trainer-state {state}"
    }
    assert read_training_log(tmp_path / "run").rank == 8


class Hostile:
    """Creates a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_arguments_are_never_unpickled(tmp_path):
    state = trainer_state(tmp_path, 300)
    with zipfile.ZipFile(tmp_path / "training_args.bin", "w") as archive:
        archive.writestr(
            "a/data.pkl", pickle.dumps({"x": Hostile(str(tmp_path / "run")), "warmup_steps": 299}, protocol=2)
        )
    assert codes(state)[0] == "warmup_too_long"
    assert not (tmp_path / "run").exists()
    (tmp_path / "training_args.bin").write_bytes(b"no pickle")
    assert read_training_log(state).requested_warmup is None


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys(name for row in rows for name in row))
        writer.writeheader()
        writer.writerows(rows)
    return path


def entries(**changes):
    return list(log_history(**(CASES["warmup_too_long"] | changes)))


TABLES = {
    "a CSV of losses": lambda folder: write_csv(
        folder / "log.csv", [{"step": e["step"], "loss": e["loss"], "lr": e["learning_rate"]} for e in entries()]
    ),
    "an export of Weights & Biases": lambda folder: write_csv(
        folder / "wandb.csv",
        [{"_step": n, "train/global_step": e["step"], "lively-1 - train/loss": e["loss"],
          "lively-1 - train/loss__MIN": 9, "lively-1 - train/learning_rate": e["learning_rate"]}
         for n, e in enumerate(entries())],
    ),
    "LLaMA-Factory": lambda folder: folder / "trainer_log.jsonl",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_losses_is_read(tmp_path, name):
    lines = [json.dumps({"current_steps": e["step"], "total_steps": 60, "loss": e["loss"], "lr": e["learning_rate"],
                         "epoch": e["epoch"], "percentage": 5.3}) for e in entries()]  # fmt: skip
    (tmp_path / "trainer_log.jsonl").write_text("\n".join(lines), encoding="utf-8")
    diagnosis = diagnose_training_log(TABLES[name](tmp_path))
    assert diagnosis.findings[0].code == "warmup_too_long"
    assert "rises in a straight line until step 60, where it is 0.00015" in diagnosis.findings[0].evidence


def test_the_table_of_a_notebook_with_gaps_is_read(tmp_path):
    rows = [{"Step": step, "Training Loss": "No log" if step < 100 else 1.5,
             "Validation Loss": 1.6 + abs(step - 100) / 250} for step in range(50, 401, 50)]  # fmt: skip
    assert codes(write_csv(tmp_path / "a.csv", rows))[0] == "overfitting"
    lost = [json.dumps({"step": step, "loss": None if step > 200 else 2.0}) for step in range(10, 400, 10)]
    (tmp_path / "b.jsonl").write_text("\n".join(lost), encoding="utf-8")
    assert codes(tmp_path / "b.jsonl") == ["learning_rate_too_high"]


def test_learning_rates_without_losses_show_the_warmup(tmp_path):
    rows = [{"step": entry["step"], "lr": entry["learning_rate"]} for entry in entries()]
    assert codes(write_csv(tmp_path / "a.csv", rows)) == ["warmup_too_long"]


def test_a_table_without_steps_says_what_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"columns are: 'epoch', 'loss'. Expected trainer_state.json"):
        read_training_log(write_csv(tmp_path / "a.csv", [{"epoch": 1, "loss": 2.0}]))
    with pytest.raises(DataError, match="holds no training log"):
        read_training_log(tmp_path)


def test_an_event_file_without_the_reader_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.backend.event_processing.event_accumulator", None)
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"\0")
    with pytest.raises(DataError, match=r"pip install 'sumtune\[tensorboard\]'"):
        read_training_log(tmp_path)


def test_event_files_are_read_with_the_arguments_of_the_trainer(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "runs" / "now") as writer:
        writer.add_text("args", json.dumps({"warmup_steps": 60, "learning_rate": 2e-4, "num_train_epochs": 1}))
        for entry in entries():
            for name in ("loss", "learning_rate", "grad_norm", "epoch"):
                writer.add_scalar(f"train/{name}", entry[name], entry["step"])
    training = read_training_log(tmp_path)
    assert (training.total_steps, training.requested_warmup, training.rate) == (60, 60, 2e-4)
    assert codes(tmp_path)[0] == "warmup_too_long"


def test_the_command_takes_a_log_alone_and_refuses_two_trainings(tmp_path):
    state = str(trainer_state(tmp_path, **CASES["warmup_too_long"]))
    result = CliRunner().invoke(cli.app, ["diagnose", "--trainer-state", state], catch_exceptions=False)
    assert result.output.startswith("DIAGNOSIS\n\n1. The warm-up is too long for this run")
    result = CliRunner().invoke(cli.app, ["diagnose", "--training-log", state, "--run-dir", str(tmp_path)])
    assert isinstance(result.exception, ConfigError)
