"""Checkpoints: folders `checkpoint-<step>` with everything that a resumed run needs.

A manifest of SHA-256 sums, written last, tells an intact checkpoint from a damaged one.
"""

import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from sumtune.errors import RunDirError
from sumtune.files.atomic import new_folder
from sumtune.files.failpoints import failpoint
from sumtune.files.records import read_record, write_record
from sumtune.files.stage_manifest import MANIFEST, damage, write_manifest
from sumtune.model.lora import adapter_keys, save_adapter
from sumtune.train.master_weights import MasterWeights

__all__ = [
    "TrainState",
    "damage",
    "delete",
    "latest_intact",
    "list_checkpoints",
    "load",
    "load_state",
    "prune",
    "save",
    "with_existing_best",
]


@dataclass(frozen=True)
class TrainState:
    """Progress of a training run. The order of batches is not stored: it follows from the seed and the step."""

    step: int = 0
    """Optimizer steps completed."""
    best_step: int = 0
    """Step of the checkpoint with the lowest validation loss."""
    best_loss: float = float("inf")
    """Its mean validation loss, in nats per summary token."""
    elapsed_s: float = 0.0
    """Training time in seconds, summed over all restarts."""
    max_tokens: int = 0
    """Token budget of a micro-batch; smaller than configured after running out of memory."""
    precision: str = ""
    """Number format of the model, `bf16` or `fp32`. It is chosen when a run starts and never changes."""
    rollbacks: int = 0
    """Number of returns to a checkpoint after non-finite gradients. Each one halves the learning rate."""
    fingerprint: str = ""
    """Hash of data and settings. A run resumes only from a checkpoint with the same fingerprint."""

    def after_validation(self, loss: float) -> "TrainState":
        """Return this state, with a new best step if `loss` is the lowest validation loss so far."""
        return replace(self, best_step=self.step, best_loss=loss) if loss < self.best_loss else self


def save(
    folder: Path,
    state: TrainState,
    adapted: Any,
    master_weights: MasterWeights,
    optimizer: Any,
    generator: torch.Generator,
) -> Path:
    """Write `folder/checkpoint-<step>` atomically and return its path."""
    final = folder / f"checkpoint-{state.step}"
    with new_folder(final) as temporary:
        save_adapter(adapted, master_weights.average, temporary)
        failpoint("checkpoint.adapter")
        save_file(_tensors(master_weights, optimizer, generator), temporary / "optimizer.safetensors")
        failpoint("checkpoint.optimizer")
        write_record(temporary / "state.json", asdict(state))
        write_manifest(temporary, {})
    return final


def _tensors(master_weights: MasterWeights, optimizer: Any, generator: torch.Generator) -> dict[str, torch.Tensor]:
    tensors = {"dropout_generator": generator.get_state()}
    tensors |= {f"weight.{name}": weight for name, weight in master_weights.weights.items()}
    for name, weight in master_weights.weights.items():
        moments = optimizer.state.get(weight, {})
        tensors |= {f"{moment}.{name}": value for moment, value in moments.items()}
    return tensors


def latest_intact(folder: Path) -> tuple[Path | None, list[str]]:
    """Return the newest intact checkpoint in `folder`, and the reason why each newer one is damaged.

    Raises:
        RunDirError: a checkpoint was written by a newer version of sumtune.
    """
    wrong: list[str] = []
    for checkpoint in reversed(list_checkpoints(folder)):
        reason = damage(checkpoint)
        if reason is None:
            return checkpoint, wrong
        wrong.append(f"{checkpoint.name}: {reason}")
    return None, wrong


def load_state(checkpoint: Path) -> TrainState:
    """Return the state saved in `checkpoint`, which must be intact."""
    return TrainState(**read_record(checkpoint / "state.json"))


def with_existing_best(folder: Path, state: TrainState) -> TrainState:
    """Return `state`, or if its best checkpoint is damaged or missing, a copy that names its own step as the best.

    The copy has an infinite best loss, so the next validation becomes the best one.
    """
    if damage(folder / f"checkpoint-{state.best_step}") is None:
        return state
    return replace(state, best_step=state.step, best_loss=float("inf"))


def load(
    folder: Path,
    fingerprint: str,
    adapted: Any,
    master_weights: MasterWeights,
    optimizer: Any,
    generator: torch.Generator,
) -> TrainState:
    """Restore weights, their average, optimizer moments and dropout generator from `folder`; return the saved state.

    Raises:
        RunDirError: the checkpoint cannot be read, or belongs to other data or settings.
    """
    try:
        state = load_state(folder)
        average = load_file(folder / "adapter_model.safetensors")
        tensors = load_file(folder / "optimizer.safetensors")
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise RunDirError(
            f"{folder} is damaged ({error}): delete it to resume from the previous checkpoint."
        ) from error
    if state.fingerprint != fingerprint:
        raise RunDirError(
            f"{folder} was trained with other data or settings: use the same ones to resume, or another --run-dir."
        )
    master_weights.load(
        weights={name: tensors.pop(f"weight.{name}") for name in master_weights.weights},
        average={name: average[key] for key, name in adapter_keys(adapted).items()},
    )
    generator.set_state(tensors.pop("dropout_generator"))
    for name, weight in master_weights.weights.items():
        keys = [key for key in tensors if key.partition(".")[2] == name]
        optimizer.state[weight] = {key.partition(".")[0]: tensors[key].to(weight.device) for key in keys}
    return state


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in `folder`, sorted by step."""
    return sorted((path for path in folder.glob("checkpoint-*") if path.name.partition("-")[2].isdigit()), key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.partition("-")[2])


def prune(folder: Path, keep_newest: int, state: TrainState) -> list[Path]:
    """Delete all checkpoints except the newest `keep_newest` and the best one; return the deleted folders.

    `state` must be saved already. Checkpoints after its step are deleted, too: either they are damaged, or the run has
    returned to a state before them.
    """
    saved = [path for path in list_checkpoints(folder) if _step(path) <= state.step]
    kept = {path.name for path in saved[-keep_newest:]} | {f"checkpoint-{state.best_step}"}
    deleted = [path for path in list_checkpoints(folder) if path.name not in kept]
    delete(deleted)
    return deleted


def delete(checkpoints: Iterable[Path]) -> None:
    """Delete `checkpoints`, each manifest first, so that a partly deleted checkpoint never looks intact."""
    for path in checkpoints:
        (path / MANIFEST).unlink(missing_ok=True)
        failpoint("checkpoint.pruned")
        shutil.rmtree(path)
