"""The training loop: validate → save → stop? → one optimizer step → log."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sumtune.errors import StoppedError, SumtuneError
from sumtune.files.failpoints import failpoint
from sumtune.text.encode import Encoded
from sumtune.train.checkpoint import TrainState
from sumtune.train.event_log import EventCallback
from sumtune.train.loss_monitor import LossMonitor
from sumtune.train.master_weights import MasterWeights
from sumtune.train.step import Gradient
from sumtune.train.training_plan import TrainingPlan

__all__ = ["train"]

NOT_FINITE_LIMIT = 3
"""Optimizer steps in a row without a finite gradient after which a run goes back to a checkpoint."""
ROLLBACK_LIMIT = 2
"""How often it does so, with half the learning rate each time, before it stops."""


def train(
    *,
    plan: TrainingPlan,
    examples: Sequence[Encoded],
    state: TrainState,
    master_weights: MasterWeights,
    optimizer: Any,
    compute_gradient: Callable[[list[Encoded], int], Gradient],
    validate: Callable[[], float],
    save: Callable[[TrainState], None],
    restore: Callable[[], TrainState],
    should_stop: Callable[[], bool],
    on_event: EventCallback,
) -> TrainState:
    """The state after the last optimizer step of `plan`, having started from `state`.

    `compute_gradient(examples, max_tokens)` leaves the gradient of one step in `master_weights`; `validate()` is the
    mean loss of the validation examples; `save(state)` writes a checkpoint; `restore()` restores the newest one;
    `should_stop()` says whether the user wants to stop. Validation and saving stand before the step, so the last state
    goes through the same lines as all others.

    Raises:
        StoppedError: the user stopped the run; the state is saved.
        SumtuneError: loss or gradient was not finite for three optimizer steps in a row, with lower rates, too.
    """
    monitor, not_finite = LossMonitor(), 0
    saved_at = state.step if state.step or state.best_loss < float("inf") else None
    started = time.monotonic() - state.elapsed_s
    while True:
        if plan.validates_at(state.step) and state.step != saved_at:
            loss = validate()
            state = replace(state, elapsed_s=time.monotonic() - started)
            saves = not not_finite or state.step >= plan.total_steps  # what is gone back to has to be good
            if saves:  # only a state that is on the disk can be the best
                state = state.after_validation(loss)
            _report_validation(on_event, plan, state, loss, monitor)
            if saves:
                save(state)
                saved_at = state.step
        if state.step >= plan.total_steps:
            on_event({"event": "end", "step": state.step, "best_step": state.best_step, "best_loss": state.best_loss,
                    "elapsed_s": state.elapsed_s})  # fmt: skip
            return state
        if should_stop():
            if state.step != saved_at:
                save(replace(state, elapsed_s=time.monotonic() - started))
            raise StoppedError(f"Stopped after optimizer step {state.step} of {plan.total_steps}; everything is saved.")

        begun = time.monotonic()
        rate = plan.learning_rate(state.step) * 0.5**state.rollbacks
        gradient = compute_gradient([examples[at] for at in plan.batch(state.step)], state.max_tokens)
        if gradient.finite:
            not_finite = 0
            _move(master_weights, optimizer, rate, plan.average_decay(state.step))
            failpoint("step.moved")
        else:
            not_finite += 1
        master_weights.clear_gradients()
        shrunk = gradient.max_tokens < state.max_tokens
        state = replace(state, step=state.step + 1, max_tokens=gradient.max_tokens)
        if shrunk:
            _warn(on_event, state, f"Out of memory: micro-batches now hold at most {gradient.max_tokens} tokens; "
                                 "the effective batch stays the same.")  # fmt: skip

        on_event({"event": "step", "step": state.step, "loss": gradient.loss, "learning_rate": rate,
                "gradient_norm": gradient.norm, "tokens": gradient.tokens, "seconds": time.monotonic() - begun,
                "elapsed_s": time.monotonic() - started})  # fmt: skip
        failpoint("step.logged")
        _watch(on_event, state, gradient, monitor)
        if not_finite >= NOT_FINITE_LIMIT:
            state, monitor, not_finite = _recovered(on_event, state, restore), LossMonitor(), 0
            saved_at = state.step


def _recovered(on_event: EventCallback, state: TrainState, restore: Callable[[], TrainState]) -> TrainState:
    """The state of the newest checkpoint, to go on from with half the learning rate."""
    if state.rollbacks >= ROLLBACK_LIMIT:
        raise SumtuneError(
            f"Training stopped at step {state.step}: {NOT_FINITE_LIMIT} steps in a row had no finite loss or gradient, "
            f"at {0.5**state.rollbacks:g} of the learning rate, too. The last checkpoint is kept. "
            "Begin anew (--overwrite) with a lower train.learning_rate, or with model.precision=fp32."
        )
    restored = replace(restore(), rollbacks=state.rollbacks + 1, max_tokens=state.max_tokens)
    _warn(on_event, restored, f"{NOT_FINITE_LIMIT} steps in a row had no finite loss or gradient: going on from step "
                            f"{restored.step} with {0.5**restored.rollbacks:g} of the learning rate.")  # fmt: skip
    return restored


def _move(master_weights: MasterWeights, optimizer: Any, rate: float, average_decay: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    master_weights.copy_to_model()
    master_weights.update_average(average_decay)


def _report_validation(
    on_event: EventCallback, plan: TrainingPlan, state: TrainState, loss: float, monitor: LossMonitor
) -> None:
    on_event({"event": "validation", "step": state.step, "loss": loss, "best": state.best_step == state.step,
            "elapsed_s": state.elapsed_s})  # fmt: skip
    if (epoch := plan.epoch_ended_at(state.step)) is not None:
        on_event({"event": "epoch", "step": state.step, "epoch": epoch, "loss": loss})
    if (message := monitor.validation(loss)) is not None:
        _warn(on_event, state, message)


def _watch(on_event: EventCallback, state: TrainState, gradient: Gradient, monitor: LossMonitor) -> None:
    if gradient.finite:
        if (message := monitor.step(gradient.loss)) is not None:
            _warn(on_event, state, message)
        return
    _warn(on_event, state, f"The loss of step {state.step} is {gradient.loss}, its gradient norm {gradient.norm}: "
                         "the step was skipped.")  # fmt: skip


def _warn(on_event: EventCallback, state: TrainState, message: str) -> None:
    on_event({"event": "warning", "step": state.step, "message": message})
