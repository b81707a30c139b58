"""`run.json`: the settings, versions, machine and times of a run."""

import os
import platform
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sumtune.config import Config
from sumtune.config_resolution import revise
from sumtune.errors import RunDirError
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.model.adapter_files import SETTINGS
from sumtune.model.generation_settings import load_generation
from sumtune.model.precision import choose_device
from sumtune.versions import version

__all__ = ["environment", "expected_rouge1", "known_record", "recorded_config", "update_record"]


def known_record(run_dir: RunDir) -> dict[str, Any]:
    """Return what `run.json` holds; empty if it is missing or damaged, because the run writes it again."""
    return find_record(run_dir.run_json) or {}


def update_record(run_dir: RunDir, entries: Mapping[str, Any]) -> None:
    """Set `entries` in `run.json`."""
    write_record(run_dir.run_json, known_record(run_dir) | dict(entries))


def expected_rouge1(run_dir: RunDir) -> tuple[float, float] | None:
    """Return the interval of the final ROUGE-1 that `run.json` expects; None if it holds no expectation."""
    expected = (known_record(run_dir).get("forecast") or {}).get("expected") or {}
    match expected.get("rouge1"):
        case [float(low), float(high)]:
            return low, high
    return None


def environment() -> dict[str, Any]:
    """Return versions and machine, for `run.json`."""
    packages = ("sumtune", "torch", "transformers", "peft", "ctranslate2", "rouge-score", "sacrebleu")
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def recorded_config(run_dir: RunDir, assignments: tuple[str, ...] = ()) -> Config:
    """Return the configuration of a run with the adapter's generation settings, changed by `key=value` texts.

    Raises:
        RunDirError: the folder holds no run.
        ModelError: the adapter's settings cannot be read.
    """
    recorded = run_dir.record().get("config")
    if recorded is None:
        raise RunDirError(f"{run_dir.root} holds no run: run `sumtune run --run-dir {run_dir.root}` first.")
    try:
        trained = Config.model_validate(recorded)
    except ValidationError:
        raise RunDirError(
            f"{run_dir.run_json} has settings of another version of sumtune: {run_dir.remedy('run')}"
        ) from None
    before = trained
    if (run_dir.adapter / SETTINGS).is_file():
        before = load_generation(run_dir.adapter).applied_to(trained)
    config = revise(before, assignments)
    if config.model.device != before.model.device:  # requested now; the recorded device may belong to another machine
        choose_device(config.model.device)
    return config
