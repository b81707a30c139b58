"""All that has to survive a restart, as a folder `checkpoint-<step>` that is whole by its sums, or left out."""

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
    """Where a run stands. The batch order follows from seed and step, so it needs no place here."""

    step: int = 0
    """Optimizer steps done."""
    best_step: int = 0
    best_loss: float = float("inf")
    elapsed_s: float = 0.0
    """Seconds spent in training, over all restarts."""
    max_tokens: int = 0
    """Token budget of a micro-batch, after running out of memory smaller than set."""
    precision: str = ""
    """What the model computes in: measured at the start of a run, and kept."""
    rollbacks: int = 0
    """How often the run went back to a checkpoint because nothing was finite any more; each halves the rate."""
    fingerprint: str = ""
    """Of data and settings; a checkpoint continues only the run it came from."""

    def after_validation(self, loss: float) -> "TrainState":
        """This state after a validation with `loss`."""
        return replace(self, best_step=self.step, best_loss=loss) if loss < self.best_loss else self


def save(
    folder: Path,
    state: TrainState,
    adapted: Any,
    master_weights: MasterWeights,
    optimizer: Any,
    generator: torch.Generator,
) -> Path:
    """Writes `folder/checkpoint-<step>`: it appears whole, by a rename, or not at all."""
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
    """The newest checkpoint that is whole, and what is wrong with each newer one.

    Raises:
        RunDirError: a checkpoint was written by a newer version.
    """
    wrong: list[str] = []
    for checkpoint in reversed(list_checkpoints(folder)):
        reason = damage(checkpoint)
        if reason is None:
            return checkpoint, wrong
        wrong.append(f"{checkpoint.name}: {reason}")
    return None, wrong


def load_state(checkpoint: Path) -> TrainState:
    """The state that is saved in a whole `checkpoint`."""
    return TrainState(**read_record(checkpoint / "state.json"))


def with_existing_best(folder: Path, state: TrainState) -> TrainState:
    """`state`, which is saved in `folder`; where the best checkpoint is damaged or missing, it is the best itself.

    Its loss counts as infinite then: the next validation is better.
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
    """The state saved in `folder`, a whole checkpoint; weights, moments and random state go where they belong.

    Raises:
        RunDirError: the checkpoint is of other data or settings, or cannot be read.
    """
    try:
        state = load_state(folder)
        average = load_file(folder / "adapter_model.safetensors")
        tensors = load_file(folder / "optimizer.safetensors")
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise RunDirError(f"{folder} is damaged ({error}): delete it to continue from the one before.") from error
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
        optimizer.state[weight] = {key.partition(".")[0]: tensors[key] for key in keys}
    return state


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, oldest first."""
    return sorted((path for path in folder.glob("checkpoint-*") if path.name.partition("-")[2].isdigit()), key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.partition("-")[2])


def prune(folder: Path, keep_newest: int, state: TrainState) -> list[Path]:
    """Deletes all checkpoints but the newest `keep_newest` up to `state`, which is saved, and its best; the deleted.

    A checkpoint after `state` is damaged, or the run went back behind it: it would only take the place of a good one.
    """
    upto = [path for path in list_checkpoints(folder) if _step(path) <= state.step]
    kept = {path.name for path in upto[-keep_newest:]} | {f"checkpoint-{state.best_step}"}
    doomed = [path for path in list_checkpoints(folder) if path.name not in kept]
    delete(doomed)
    return doomed


def delete(checkpoints: Iterable[Path]) -> None:
    """Deletes `checkpoints`; one that is half deleted is no checkpoint any more."""
    for path in checkpoints:
        (path / MANIFEST).unlink(missing_ok=True)
        failpoint("checkpoint.pruned")
        shutil.rmtree(path)
