"""The stage `train`: prepares model, data and plan from configuration and run folder, then trains."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, cast

import torch

from sumtune.config import Config, RankConfig, TrainConfig
from sumtune.errors import RunDirError, StoppedError
from sumtune.files.cache_dir import cache_dir
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.kernels.build import load_kernels, why_no_kernels
from sumtune.model.fuse import fuse
from sumtune.model.fused_lora import fuse_frozen, fuse_lora, kernels_for_products
from sumtune.model.load import load_base
from sumtune.model.locate import locate
from sumtune.model.lora import add_lora, load_weights, set_dropout, skip_masks, target_modules, trainable
from sumtune.model.precision import Precision, choose_device, choose_precision
from sumtune.model.vocabulary import require_known_ids
from sumtune.plurals import counted
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import load_encoded
from sumtune.train import checkpoint
from sumtune.train.checkpoint import TrainState
from sumtune.train.disk_space import require_free_space, save_freeing_space
from sumtune.train.event_log import Event, EventCallback, append_event, cut_after, read_events
from sumtune.train.final_adapter import save_final_adapter, training_fingerprint
from sumtune.train.graceful_stop import graceful_stop
from sumtune.train.gradient_checkpointing import Recompute
from sumtune.train.loop import Sample, train
from sumtune.train.loss import SummaryLoss
from sumtune.train.master_weights import MasterWeights
from sumtune.train.plateau import Plateau
from sumtune.train.process_group import ALONE, Group, ProcessLostError
from sumtune.train.ranked_example import RankedExample
from sumtune.train.ranking_loss import RankingLoss
from sumtune.train.recorded_losses import CUDA_GRAPHS, RecordedLosses
from sumtune.train.step import Gradient, LossFunction, mean_loss, step_gradient
from sumtune.train.time_limit import TimeLimit
from sumtune.train.training_plan import TrainingPlan
from sumtune.train.validation_sample import validation_sample

__all__ = ["HALVES", "RANKING", "STAGES", "Session", "Stage", "clear", "fit", "prepare", "require_disk_space", "run"]

BYTES_PER_PARAMETER = 16
"""Size of a checkpoint: weight, average and two optimizer moments in float32."""


HALVES = ("half-1", "half-2")
RANKING = "ranking"
STAGES = (*HALVES, RANKING)
"""Folders of the trainings that learning to rank adds; see `RunDir.at_stage`."""


@dataclass(frozen=True)
class Stage:
    """How one of several trainings of a run differs from training on all reference summaries."""

    label: str
    """Name of the stage for the user."""
    settings: TrainConfig
    examples: Sequence[Encoded]
    start: Path | None = None
    """Folder of the adapter to start from; None starts from a new one."""
    ranking: RankConfig | None = None
    """Settings of the ranking loss, for which all examples are `RankedExample`."""
    later_epochs: Sequence[Sequence[Encoded]] = ()
    """The examples of the second and each later epoch, in the same order; empty if all epochs have `examples`."""


@dataclass(frozen=True)
class Session:
    """A model with a LoRA adapter, its training and validation examples, and the training plan."""

    config: Config
    run_dir: RunDir
    adapted: Any
    generator: torch.Generator
    loss_fn: SummaryLoss
    master_weights: MasterWeights
    plan: TrainingPlan
    examples: Sequence[Encoded]
    validation: Sequence[Encoded]
    precision: Precision
    planned_tokens: int
    """Token budget of a micro-batch, padding included, if memory is enough."""
    max_tokens: int
    """Token limit of a computation: `planned_tokens`, or less if memory is short."""
    model_name: str
    targets: list[str] | str
    fingerprint: str
    base_parameters: int
    """Number of parameters of the base model."""
    no_kernels: str | None = None
    """Reason why the C kernels are missing, as the end of a sentence; None if nothing is missing."""
    ranking: RankingLoss | None = None
    """Loss of the optimizer steps in place of `loss_fn`, which validates."""
    label: str = ""
    """Name of the stage for the user; empty if a run trains only once."""
    later_epochs: Sequence[Sequence[Encoded]] = ()
    """The examples of the second and each later epoch; empty if all epochs have `examples`."""
    group: Group = ALONE
    """The processes that share the examples of each optimizer step."""
    limit: TimeLimit = field(default_factory=TimeLimit)
    """Time in which the training must end."""

    def batch(self, step: int) -> list[Encoded]:
        """Return the examples of optimizer step `step` (counted from 0)."""
        epoch = step // self.plan.steps_per_epoch
        examples = self.later_epochs[epoch - 1] if epoch and self.later_epochs else self.examples
        return [examples[at] for at in self.plan.batch(step)]

    @property
    def kernels(self) -> str | None:
        """Label of the C kernels; None if there are none."""
        kernels = self.loss_fn.kernels
        return None if kernels is None else kernels.label

    def with_settings(self, config: Config) -> "Session":
        """Return this session with `config`, which may have another number of epochs, and other settings of scoring."""
        plan = replace(self.plan, settings=config.train)
        held_out = _load_held_out(self.run_dir)
        return replace(
            self, config=config, plan=plan, fingerprint=training_fingerprint(config, self.run_dir),
            validation=[held_out[at] for at in validation_sample([one.length for one in held_out], plan)],
        )  # fmt: skip

    def step_loss(self, examples: Sequence[Encoded]) -> LossFunction:
        """Return the loss of the micro-batches of an optimizer step with `examples`."""
        if self.ranking is None:
            return self.loss_fn
        return cast(LossFunction, self.ranking.of_step(cast(Sequence[RankedExample], examples)))

    @property
    def trainable_parameters(self) -> int:
        """Number of parameters of the adapter."""
        return sum(weight.numel() for weight in self.master_weights.weights.values())

    @property
    def all_parameters(self) -> int:
        """Number of parameters of model and adapter."""
        return self.base_parameters + self.trainable_parameters


def prepare(config: Config, run_dir: RunDir, precision_before: str = "", stage: Stage | None = None) -> Session:
    """Load the base model and the encoded examples, add a new LoRA adapter, and plan the steps.

    `precision_before` is the number format of the run to resume, or empty. `run_dir` has the folder of `stage`.

    Raises:
        ConfigError: the device or a LoRA target module does not exist.
        ModelError: the base model cannot be found or loaded, or lacks embeddings for the encoded examples.
        RunDirError: the encoded examples are missing or damaged.
    """
    source = locate(config.model.name, config.model.revision)
    device = choose_device(config.model.device)
    precision = choose_precision(precision_before or config.model.precision, device)
    base = load_base(source.folder, precision.dtype, device, config.model.quantize)
    base_parameters = base.num_parameters()
    on_cpu, folder = device.type == "cpu", cache_dir() / "kernels"
    kernels = load_kernels(folder) if on_cpu else None
    lora = config.lora
    targets = target_modules(base, lora.target_modules)
    adapted, generator = add_lora(
        base, base_name=str(source.folder), rank=lora.rank, alpha=lora.alpha, dropout=lora.dropout, targets=targets,
        rslora=lora.rslora, dora=lora.dora, seed=config.train.seed,
    )  # fmt: skip
    set_dropout(adapted, on=False)  # until the first optimizer step, so that nothing before it draws a mask
    recompute = Recompute.of(base, generator)  # before kernels free the weights, which it counts
    products = kernels_for_products(base, kernels)
    fuse_lora(adapted, products)
    if products is not None:
        fuse_frozen(base, products)
    if kernels is not None:
        fuse(base, kernels)
    recorded = RecordedLosses(adapted) if device.type == "cuda" and os.environ.get(CUDA_GRAPHS) == "1" else None
    loss_fn = SummaryLoss(base, kernels=kernels, recompute=recompute, recorded=recorded)
    master_weights = MasterWeights(trainable(adapted))
    examples: Sequence[Encoded] = load_encoded(run_dir.require(run_dir.transformation / "train.safetensors", "run"))
    held_out = _load_held_out(run_dir)
    require_known_ids(base, chain(examples, held_out))
    later: Sequence[Sequence[Encoded]] = ()
    made_from, ranking = training_fingerprint(config, run_dir), None
    if stage is not None:
        config = config.model_copy(update={"train": stage.settings})
        examples, later = stage.examples, stage.later_epochs
        if stage.ranking is not None:
            ranking = RankingLoss(loss_fn, weight=stage.ranking.weight, margin=stage.ranking.margin)
            examples, *later = (_ranked(epoch, ranking) for epoch in (examples, *later))
        if stage.start is not None:
            start = load_weights(adapted, stage.start)
            master_weights.load(start, start)
    plan = TrainingPlan(tuple(example.length for example in examples), config.train)
    planned_tokens = plan.micro_batch_tokens(whole_steps=device.type != "cpu")
    chosen = validation_sample([example.length for example in held_out], plan)
    return Session(
        config=config, run_dir=run_dir, adapted=adapted, generator=generator,
        loss_fn=loss_fn, master_weights=master_weights, plan=plan, examples=examples,
        validation=[held_out[at] for at in chosen], precision=precision,
        planned_tokens=planned_tokens, max_tokens=planned_tokens, model_name=source.name, targets=targets,
        fingerprint=made_from, base_parameters=base_parameters,
        no_kernels=why_no_kernels(folder) if on_cpu else None, ranking=ranking, label=stage.label if stage else "",
        later_epochs=later,
    )  # fmt: skip


def _load_held_out(run_dir: RunDir) -> Sequence[Encoded]:
    """Return the encoded validation examples."""
    return load_encoded(run_dir.require(run_dir.transformation / "validation.safetensors", "run"))


def _ranked(examples: Sequence[Encoded], loss: RankingLoss) -> list[RankedExample]:
    """Return `examples`, which are `RankedExample`, with lengths as `loss` reads them."""
    return [replace(cast(RankedExample, one), shares_source=loss.shares_source) for one in examples]


def require_disk_space(session: Session) -> None:
    """Raise RunDirError if the disk has too little space for the checkpoints of a new run.

    Old checkpoints count as free space, because `clear` deletes them.
    """
    folder, checkpoints = session.run_dir.trainer, session.config.train.keep_checkpoints + 2
    if session.config.rank.candidates:
        checkpoints = 2 * checkpoints + 1  # those of ranking, and three adapters without optimizer
    freed = sum(file.stat().st_size for old in checkpoint.list_checkpoints(folder) for file in old.iterdir())
    require_free_space(
        folder if folder.exists() else session.run_dir.root,
        BYTES_PER_PARAMETER * session.trainable_parameters * checkpoints - freed,
    )


def clear(run_dir: RunDir) -> None:
    """Delete checkpoints, adapter, scores and diagnosis of an earlier run, so that the folder never mixes two runs."""
    for path in (run_dir.trainer / MANIFEST, run_dir.train_metrics, run_dir.trackers, run_dir.diagnosis):
        path.unlink(missing_ok=True)
    stages = (run_dir.at_stage(name).trainer for name in STAGES)
    folders = (run_dir.evaluation, run_dir.adapter, run_dir.supervised, run_dir.candidates, *stages)
    for path in (*folders, *checkpoint.list_checkpoints(run_dir.trainer)):
        shutil.rmtree(path, ignore_errors=True)


def run(session: Session, on_event: EventCallback, resume: bool = False, sample: Sample = lambda _: None) -> TrainState:
    """Train, save the best or last adapter in the folder `adapter`, and return the final state.

    With `resume`, training continues from the newest intact checkpoint; otherwise `clear` must run first. `sample`
    scores summaries after validations, without changing the session.

    Raises:
        RunDirError: there is no checkpoint to resume from, or the disk is full.
        StoppedError: the user stopped the run. Its state is saved.
        SumtuneError: loss or gradient stayed infinite or NaN.
    """
    state = fit(session, on_event, resume, sample)
    save_final_adapter(session.config, session.run_dir, state)
    return state


def fit(session: Session, on_event: EventCallback, resume: bool = False, sample: Sample = lambda _: None) -> TrainState:
    """Train and return the final state, which the last checkpoint holds; see `run`."""
    run_dir, settings = session.run_dir, session.config.train
    folder, log_file = run_dir.trainer, run_dir.train_metrics
    folder.mkdir(parents=True, exist_ok=True)
    groups = session.master_weights.groups(session.config.lora.plus_ratio)
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, fused=True)
    state = TrainState(max_tokens=session.max_tokens, precision=session.precision.name, fingerprint=session.fingerprint)
    parts = (session.adapted, session.master_weights, optimizer, session.generator)
    group = session.group

    def restore() -> TrainState:
        latest = _latest_intact(folder) if group.leads else folder / "checkpoint-0"
        restored = checkpoint.load(_shared(latest, group), session.fingerprint, *parts)
        if not group.leads:
            return restored
        if lost := cut_after(log_file, restored.step):
            message = f"{log_file}: {counted(lost, 'line')} damaged or missing, which a diagnosis will not see."
            log({"event": "warning", "step": restored.step, "message": message})
        return _with_existing_best(session, restored, log)

    def save(now: TrainState) -> None:
        if not group.leads:
            return
        save_freeing_space(folder, now, lambda: checkpoint.save(folder, now, *parts))
        checkpoint.prune(folder, settings.keep_checkpoints, now)

    def log(event: Event) -> None:
        if not group.leads:
            return
        append_event(log_file, event)
        on_event(event)

    if resume:
        state = restore()
        state = replace(state, max_tokens=min(state.max_tokens, session.max_tokens))
    stage = {"stage": session.label} if session.label else {}
    log({"event": "start", "step": state.step, "total_steps": session.plan.total_steps, "epochs": settings.epochs,
         "steps_per_epoch": session.plan.steps_per_epoch, "warmup_steps": session.plan.warmup_steps,
         **stage})  # fmt: skip
    with graceful_stop() as should_stop:
        final = train(
            plan=session.plan, batch=session.batch, state=state, master_weights=session.master_weights,
            optimizer=optimizer, compute_gradient=partial(compute_gradient, session),
            validate=partial(validation_loss, session), save=save, restore=restore,
            should_stop=partial(_agreed, group, should_stop), on_event=log, sample=sample, limit=session.limit,
            plateau=Plateau.of(read_events(log_file)) if settings.stop_early else None,
        )  # fmt: skip
        if _agreed(group, should_stop):
            raise StoppedError(f"Stopped after the last optimizer step, {final.step}; everything is saved.")
    return final


def _with_existing_best(session: Session, state: TrainState, log: EventCallback) -> TrainState:
    """Return `state`; if its best checkpoint is lost and steps remain, choose a new best and log a warning."""
    best = checkpoint.with_existing_best(session.run_dir.trainer, state)
    if state.step >= session.plan.total_steps or best == state:
        return state
    message = f"The best checkpoint, of step {state.best_step}, is lost: a later one replaces it."
    log({"event": "warning", "step": state.step, "message": message})
    return best


def compute_gradient(session: Session, examples: list[Encoded], max_tokens: int) -> Gradient:
    """Compute the gradient of one optimizer step, with dropout on."""
    set_dropout(session.adapted, on=True)
    return step_gradient(
        session.step_loss(examples), examples, session.master_weights, session.generator, session.planned_tokens,
        max_tokens, session.config.train.max_grad_norm, session.group, partial(skip_masks, session.adapted),
    )  # fmt: skip


def validation_loss(session: Session) -> float:
    """Return the mean validation loss (nats per summary token) of the averaged weights, with dropout off."""
    set_dropout(session.adapted, on=False)
    with session.master_weights.averaged():
        return mean_loss(session.loss_fn, session.validation, session.max_tokens, session.group)


def _agreed(group: Group, should_stop: Callable[[], bool]) -> bool:
    """Return whether any process should stop. A lost process is noticed by the next step, which saves the state."""
    try:
        return group.any(should_stop())
    except ProcessLostError:
        return False


def _shared(latest: Path, group: Group) -> Path:
    """Return the folder of the leader's checkpoint `latest`, of which other processes write a copy to that path."""
    if group.size == 1:
        return latest
    for name, data in group.from_leader({file.name: file.read_bytes() for file in sorted(latest.glob("*"))}).items():
        if not group.leads:
            latest.mkdir(parents=True, exist_ok=True)
            (latest / name).write_bytes(data)
    return latest


def _latest_intact(folder: Path) -> Path:
    found, wrong = checkpoint.latest_intact(folder)
    if found is None:
        reasons = f" ({'; '.join(wrong)})" if wrong else ""
        raise RunDirError(f"{folder} has no checkpoint to resume from{reasons}: run with --overwrite to start again.")
    return found
