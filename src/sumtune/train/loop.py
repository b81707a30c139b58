"""The training loop: validate → save → stop? → one optimizer step → log."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sumtune.errors import SumtuneError
from sumtune.text.encode import Encoded
from sumtune.train.checkpoint import TrainState
from sumtune.train.health import Health
from sumtune.train.master import MasterWeights
from sumtune.train.metrics import Report
from sumtune.train.plan import Plan
from sumtune.train.step import Gradient

__all__ = ["train"]

NOT_FINITE_LIMIT = 3
"""Optimizer steps in a row without a finite gradient after which a run stops."""


def train(
    *,
    plan: Plan,
    examples: Sequence[Encoded],
    state: TrainState,
    masters: MasterWeights,
    optimizer: Any,
    gradient_of: Callable[[list[Encoded], int], Gradient],
    validate: Callable[[], float],
    save: Callable[[TrainState], None],
    report: Report,
) -> TrainState:
    """The state after the last optimizer step of `plan`, having started from `state`.

    `gradient_of(examples, max_tokens)` leaves the gradient of one step in `masters`; `validate()` is the mean loss of
    the validation examples; `save(state)` writes a checkpoint. Validation and saving stand before the step, so the
    last state goes through the same lines as all others.

    Raises:
        SumtuneError: loss or gradient was not finite for three optimizer steps in a row.
    """
    health, not_finite = Health(), 0
    resumed_at = state.step if state.step or state.best_loss < float("inf") else None
    started = time.monotonic() - state.elapsed_s
    while True:
        if plan.validates_at(state.step) and state.step != resumed_at:
            loss = validate()
            state = replace(state, elapsed_s=time.monotonic() - started).validated(loss)
            _report_validation(report, plan, state, loss, health)
            save(state)
        if state.step >= plan.total_steps:
            report({"event": "end", "step": state.step, "best_step": state.best_step, "best_loss": state.best_loss,
                    "elapsed_s": state.elapsed_s})  # fmt: skip
            return state

        begun = time.monotonic()
        rate = plan.learning_rate(state.step)
        gradient = gradient_of([examples[at] for at in plan.batch(state.step)], state.max_tokens)
        if gradient.finite:
            not_finite = 0
            _move(masters, optimizer, rate, plan.average_decay(state.step))
        else:
            not_finite += 1
        masters.clear_gradients()
        shrunk = gradient.max_tokens < state.max_tokens
        state = replace(state, step=state.step + 1, max_tokens=gradient.max_tokens)
        if shrunk:
            _warn(report, state, f"Out of memory: micro-batches now hold at most {gradient.max_tokens} tokens; "
                                 "the effective batch stays the same.")  # fmt: skip

        report({"event": "step", "step": state.step, "loss": gradient.loss, "learning_rate": rate,
                "gradient_norm": gradient.norm, "tokens": gradient.tokens, "seconds": time.monotonic() - begun,
                "elapsed_s": time.monotonic() - started})  # fmt: skip
        _watch(report, state, gradient, health, not_finite)


def _move(masters: MasterWeights, optimizer: Any, rate: float, average_decay: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    masters.publish()
    masters.follow(average_decay)


def _report_validation(report: Report, plan: Plan, state: TrainState, loss: float, health: Health) -> None:
    report({"event": "validation", "step": state.step, "loss": loss, "best": state.best_step == state.step,
            "elapsed_s": state.elapsed_s})  # fmt: skip
    if (epoch := plan.epoch_ended_at(state.step)) is not None:
        report({"event": "epoch", "step": state.step, "epoch": epoch, "loss": loss})
    if (message := health.validation(loss)) is not None:
        _warn(report, state, message)


def _watch(report: Report, state: TrainState, gradient: Gradient, health: Health, not_finite: int) -> None:
    if gradient.finite:
        if (message := health.step(gradient.loss)) is not None:
            _warn(report, state, message)
        return
    _warn(report, state, f"The loss of step {state.step} is {gradient.loss}, its gradient norm {gradient.norm}: "
                         "the step was skipped.")  # fmt: skip
    if not_finite >= NOT_FINITE_LIMIT:
        raise SumtuneError(
            f"Training stopped at step {state.step}: {not_finite} steps in a row had no finite loss or gradient. "
            "The last checkpoint is kept. Try --set train.learning_rate=1e-4 or --set model.precision=fp32."
        )


def _warn(report: Report, state: TrainState, message: str) -> None:
    report({"event": "warning", "step": state.step, "message": message})
