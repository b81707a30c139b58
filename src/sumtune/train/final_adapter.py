"""The result of a training run: the folder `adapter` and the manifest that proves it is complete."""

import shutil
from pathlib import Path

from sumtune.config import Config
from sumtune.errors import RunDirError
from sumtune.files.atomic import new_folder, sync_file
from sumtune.files.checksums import changed_file, file_sum, fingerprint, folder_sums
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST, SUMS
from sumtune.model.adapter_files import CONFIG, SETTINGS, WEIGHTS, adapter_sums
from sumtune.model.summary_tokens import SUMMARY_TOKENS
from sumtune.text.prompt import FILE_NAME as PROMPT
from sumtune.train import checkpoint
from sumtune.train.checkpoint import TrainState

__all__ = [
    "adapter_damage",
    "elapsed_seconds",
    "finished",
    "save_adapter_of",
    "save_final_adapter",
    "training_fingerprint",
]

ADAPTER = "adapter"
WITHOUT_EFFECT = ("keep_checkpoints", "sampled_summaries")
"""Settings of training that do not change the adapter."""
OFF_BY_DEFAULT = ("within", "stop_early")
"""Settings that earlier releases did not have."""


def training_fingerprint(config: Config, run_dir: RunDir) -> str:
    """Return a hash of what determines an adapter: encoded data, prompt, settings of model, LoRA and training.

    The settings of ranking count only if it is on.
    """
    settings = config.model_dump(include={"model", "lora", "train"})
    train = settings["train"]
    for key in WITHOUT_EFFECT + tuple(key for key in OFF_BY_DEFAULT if not train[key]):
        train.pop(key)
    if config.rank.candidates:
        settings |= {"rank": config.rank.model_dump(), "stage": run_dir.stage}
    folder = run_dir.transformation
    files = [folder / name for name in ("train.safetensors", "validation.safetensors", "prompt.json")]
    return fingerprint([run_dir.require(file, "run") for file in files], settings)


def finished(config: Config, run_dir: RunDir) -> bool:
    """Return True if the run folder holds an undamaged adapter of exactly these data and settings."""
    manifest = find_record(run_dir.trainer / MANIFEST) or {}
    same = manifest.get("fingerprint") == training_fingerprint(config, run_dir)
    return same and adapter_damage(run_dir) is None


def elapsed_seconds(run_dir: RunDir) -> float:
    """Return the training time in seconds of a finished run, summed over all restarts."""
    return float((find_record(run_dir.trainer / MANIFEST) or {}).get("elapsed_s", 0.0))


def adapter_damage(run_dir: RunDir) -> str | None:
    """Return what is wrong with the adapter of a finished run, or None if every file is unchanged.

    `sumtune.json` is excluded from the checksums because decoding settings may change later; it has its own checksum.
    """
    sums = (find_record(run_dir.trainer / MANIFEST) or {}).get(ADAPTER)
    if not isinstance(sums, dict):
        return f"{MANIFEST} is missing or damaged"
    if find_record(run_dir.adapter / SETTINGS) is None:
        return f"{SETTINGS} is missing or damaged"
    changed = changed_file(run_dir.adapter, sums)
    return None if changed is None else f"{changed} is missing or has changed"


def save_final_adapter(config: Config, run_dir: RunDir, state: TrainState, weights: Path | None = None) -> None:
    """Copy the adapter of the best or last checkpoint to `adapter`, with prompt and settings; then write the manifest.

    With `weights`, the adapter in that folder is the result.

    Raises:
        RunDirError: that checkpoint was damaged or deleted during the run.
    """
    if weights is None:
        save_adapter_of(config, run_dir, state, run_dir.adapter)
    else:
        _copy(config, run_dir, weights, state.precision, run_dir.adapter)
    sync_file(run_dir.train_metrics)
    manifest = {
        "fingerprint": state.fingerprint, "best_step": state.best_step, "best_loss": state.best_loss,
        "elapsed_s": state.elapsed_s, ADAPTER: folder_sums(run_dir.adapter, (SETTINGS,)),
        SUMS: {run_dir.train_metrics.name: file_sum(run_dir.train_metrics)},
    }  # fmt: skip
    write_record(run_dir.trainer / MANIFEST, manifest)


def save_adapter_of(config: Config, run_dir: RunDir, state: TrainState, target: Path) -> None:
    """Copy the adapter of the best or last checkpoint to the folder `target`, with prompt and settings.

    Raises:
        RunDirError: that checkpoint was damaged or deleted during the run.
    """
    step = state.best_step if config.train.result == "best" else state.step
    result = run_dir.trainer / f"checkpoint-{step}"
    if (reason := checkpoint.damage(result)) is not None:
        raise RunDirError(
            f"{result}, the {config.train.result} checkpoint of this run, cannot be used: {reason}. Repeat the command "
            "with --overwrite to train again."
        )
    _copy(config, run_dir, result, state.precision, target)


def _copy(config: Config, run_dir: RunDir, result: Path, precision: str, target: Path) -> None:
    with new_folder(target) as folder:
        for name in (CONFIG, WEIGHTS):
            shutil.copyfile(result / name, folder / name)
        for name in (PROMPT, SUMMARY_TOKENS):
            shutil.copyfile(run_dir.transformation / name, folder / name)
        model = config.model.model_dump() | {"precision": precision}
        settings = {"model": model, "decode": config.decode.model_dump()}
        write_record(folder / SETTINGS, settings | adapter_sums(folder))
