"""Checks before training: whether it starts, continues from a checkpoint, or would overwrite another run."""

from rich.console import Console

from sumtune.commands.run_record import known_record
from sumtune.config import AUTO, Config
from sumtune.config_resolution import assignment, revise
from sumtune.errors import RunDirError
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.train import checkpoint
from sumtune.train.checkpoint import TrainState
from sumtune.train.final_adapter import adapter_damage, training_fingerprint

__all__ = ["changed_settings", "require_no_search", "require_same_settings", "state_to_resume", "with_recorded_limits"]

COMPARED = ("data", "model", "lora", "train", "rank")
"""Sections of settings that decide what is trained."""
WITHOUT_EFFECT = ("sampled_summaries",)
"""Settings in these sections that do not change the adapter."""
TOKEN_LIMITS = ("max_source_tokens", "max_target_tokens")


def with_recorded_limits(config: Config, run_dir: RunDir) -> Config:
    """Return `config` with the numbers recorded in the run folder in place of token limits that are `auto`."""
    recorded = known_record(run_dir).get("config", {}).get("model", {})
    known = {key: recorded.get(key) for key in TOKEN_LIMITS if getattr(config.model, key) == AUTO}
    limits = tuple(assignment(f"model.{key}", limit) for key, limit in known.items() if isinstance(limit, int))
    return revise(config, limits) if limits else config


def require_no_search(run_dir: RunDir) -> None:
    """Check that the folder holds no search.

    Raises:
        RunDirError: the folder holds a search.
    """
    if run_dir.search_json.exists():
        raise RunDirError(f"{run_dir.root} holds a search: give --run-dir another folder for the run.")


def require_same_settings(config: Config, run_dir: RunDir) -> None:
    """Check that the folder holds no run with other data, model or training settings.

    Raises:
        RunDirError: the folder holds such a run; the message lists the differences.
    """
    if changed := changed_settings(config, run_dir):
        raise RunDirError(
            f"{run_dir.root} holds a run with other settings:\n  " + "\n  ".join(changed) + "\n"
            "Give --run-dir DIR for a new folder, or --overwrite to replace that run."
        )


def changed_settings(config: Config, run_dir: RunDir) -> list[str]:
    """Return the settings of data, model and training that differ from those of the run in the folder, if it has one.

    Raises:
        RunDirError: the record of the run cannot be read.
    """
    recorded = known_record(run_dir).get("config")
    if recorded is None:
        return []
    requested = config.model_dump(mode="json")
    defaults = Config().model_dump(mode="json")  # of settings that the release that wrote the record did not have
    before = {section: defaults[section] | recorded.get(section, {}) for section in COMPARED}
    if not config.rank.candidates and not before["rank"]["candidates"]:
        requested["rank"] = {}  # it is off, whatever its other settings
    return [
        f"{section}.{key}: {before[section][key]!r} → {value!r}"
        for section in COMPARED
        for key, value in requested[section].items()
        if before[section][key] != value and key not in WITHOUT_EFFECT
    ]


def state_to_resume(
    config: Config, run_dir: RunDir, console: Console, resume: bool, overwrite: bool
) -> TrainState | None:
    """Return the state of the newest intact checkpoint of this run; None if training starts from the beginning.

    Raises:
        RunDirError: `resume` is True and there is no intact checkpoint, or the folder holds the result of other data.
    """
    newest, damaged = checkpoint.latest_intact(run_dir.trainer)
    for reason in damaged:
        console.print(f"Warning: a damaged checkpoint is ignored: {reason}")
    if newest is None:
        if resume:
            raise RunDirError(f"{run_dir.trainer} has no intact checkpoint to resume from: run without --resume.")
        if not overwrite:
            _require_nothing_published(config, run_dir)
        return None
    state = checkpoint.load_state(newest)
    if state.fingerprint == training_fingerprint(config, run_dir):
        return state
    if resume or not overwrite:
        raise _other_data(run_dir)
    return None


def _require_nothing_published(config: Config, run_dir: RunDir) -> None:
    """Raise RunDirError if the folder has an adapter.

    Without a checkpoint, that adapter is either damaged or the result of another run.
    """
    manifest = find_record(run_dir.trainer / MANIFEST)
    if manifest is None and not run_dir.adapter.exists():
        return
    if manifest is not None and manifest.get("fingerprint") != training_fingerprint(config, run_dir):
        raise _other_data(run_dir)
    raise RunDirError(
        f"The adapter in {run_dir.adapter} is damaged ({adapter_damage(run_dir)}), and there is no intact checkpoint "
        "to publish it from: give --overwrite to train again."
    )


def _other_data(run_dir: RunDir) -> RunDirError:
    return RunDirError(
        f"{run_dir.trainer} holds a run with other data or settings: give --run-dir DIR for a new folder, "
        "or --overwrite to replace it."
    )
