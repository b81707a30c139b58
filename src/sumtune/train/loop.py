"""The training loop: validate → sample → save → stop? → one optimizer step → log."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sumtune.errors import StoppedError, SumtuneError
from sumtune.files.failpoints import failpoint
from sumtune.text.encode import Encoded
from sumtune.train.checkpoint import TrainState
from sumtune.train.event_log import EventCallback
from sumtune.train.loss_monitor import LossMonitor
from sumtune.train.master_weights import MasterWeights
from sumtune.train.plateau import Plateau
from sumtune.train.process_group import ProcessLostError
from sumtune.train.step import Gradient
from sumtune.train.time_limit import TimeLimit
from sumtune.train.training_plan import TrainingPlan

__all__ = ["Sample", "train"]

Sample = Callable[[float], Mapping[str, float] | None]
"""Gets the seconds of training so far; returns the scores of sampled summaries, or None if none are due."""

NO_LIMIT = TimeLimit()
SAVE_EVERY_S = 300.0
"""A checkpoint is saved at least this often, because with long dialogues, hours can lie between two validations."""
NOT_FINITE_LIMIT = 3
"""After this many consecutive optimizer steps without a finite gradient, a run returns to a checkpoint."""
ROLLBACK_LIMIT = 2
"""Most returns to a checkpoint, each of which halves the learning rate. If one more is needed, the run fails."""


def train(
    *, plan: TrainingPlan, batch: Callable[[int], list[Encoded]], state: TrainState, master_weights: MasterWeights,
    optimizer: Any, compute_gradient: Callable[[list[Encoded], int], Gradient], validate: Callable[[], float],
    save: Callable[[TrainState], None], restore: Callable[[], TrainState], should_stop: Callable[[], bool],
    on_event: EventCallback, sample: Sample = lambda _: None, limit: TimeLimit = NO_LIMIT,
    plateau: Plateau | None = None,
) -> TrainState:  # fmt: skip
    """Train from `state` to the last optimizer step of `plan`, or of the time `limit`; return the final state.

    With `plateau` (the scores sampled so far), training also ends when more of it would hardly raise these scores.
    `batch(step)` returns the examples of a step; `compute_gradient(examples, max_tokens)` stores their gradient in
    `master_weights`; `validate()` returns the mean validation loss; `save(state)` writes a checkpoint; `restore()`
    loads the newest. Validation, `sample` and saving come before the step, so the same code handles the final state.

    Raises:
        StoppedError: the user stopped the run. Its state is saved.
        ProcessLostError: another process of the group ended. The state is saved.
        SumtuneError: loss or gradient was not finite in three consecutive steps, even with a quarter of the rate.
    """
    monitor, not_finite = LossMonitor(), 0
    started = time.monotonic() - state.elapsed_s
    saves = _Saves(save, state, started)
    while True:
        ends = state.step >= plan.total_steps or (state.step > 0 and limit.is_over(time.monotonic() - started))
        if (plan.validates_at(state.step) or ends) and saves.lack(state):
            loss, good = validate(), not not_finite or ends  # a run must never return to a bad state
            state = replace(state, elapsed_s=time.monotonic() - started)
            state = state.after_validation(loss) if good else state  # only a saved state can be the best
            _report_validation(on_event, plan, state, loss, monitor)
            plateau = _sample(on_event, plan, state, sample, limit, plateau, started)  # a crash then loses none
            if good:
                saves.add(state)
            if good and not ends and state.step > 0:
                ends = limit.is_over(time.monotonic() - started) or _is_at_plateau(on_event, state, plateau, started)
        if ends:
            _report_end(on_event, state)
            return state
        if should_stop():
            saves.add_missing(state)
            raise StoppedError(f"Stopped after optimizer step {state.step} of {plan.total_steps}; everything is saved.")
        if saves.are_due() and not not_finite:
            saves.add_missing(state)
        share = limit.share((step_started := time.monotonic()) - started)
        rate = plan.learning_rate(state.step, share) * 0.5**state.rollbacks
        try:
            gradient = compute_gradient(batch(state.step), state.max_tokens)
        except ProcessLostError:
            saves.add_missing(state)
            raise
        not_finite = 0 if gradient.finite else not_finite + 1
        if gradient.finite:
            _update(master_weights, optimizer, rate, plan.average_decay(state.step))
            failpoint("step.moved")
        master_weights.clear_gradients()
        state = _after_step(on_event, state, gradient)
        limit = limit.after_step(seconds := time.monotonic() - step_started)
        _report_step(on_event, state, gradient, monitor, rate, seconds, share, started)
        if not_finite >= NOT_FINITE_LIMIT:
            state, monitor, not_finite = _recover(on_event, state, restore), LossMonitor(), 0
            saves.start_from(state)


class _Saves:
    """Saves states, and remembers which one and when."""

    def __init__(self, save: Callable[[TrainState], None], state: TrainState, started: float) -> None:
        self._save, self._started, self._time = save, started, time.monotonic()
        self._step = state.step if state.step or state.best_loss < float("inf") else None

    def lack(self, state: TrainState) -> bool:
        """Return whether `state` is not the newest that was saved."""
        return state.step != self._step

    def are_due(self) -> bool:
        """Return whether nothing was saved for `SAVE_EVERY_S`."""
        return time.monotonic() - self._time >= SAVE_EVERY_S

    def add(self, state: TrainState) -> None:
        self._save(state)
        self.start_from(state)

    def add_missing(self, state: TrainState) -> None:
        """Save `state` with the time until now, unless it is the newest that was saved."""
        if self.lack(state):
            self.add(replace(state, elapsed_s=time.monotonic() - self._started))

    def start_from(self, state: TrainState) -> None:
        """Remember that `state` is a saved one."""
        self._step, self._time = state.step, time.monotonic()


def _after_step(on_event: EventCallback, state: TrainState, gradient: Gradient) -> TrainState:
    """Return the state after one more optimizer step; warn if it ran out of memory."""
    after = replace(state, step=state.step + 1, max_tokens=gradient.max_tokens)
    if after.max_tokens < state.max_tokens:
        _warn(on_event, after, f"Out of memory: micro-batches now hold at most {after.max_tokens} tokens; "
                               "the effective batch size stays the same.")  # fmt: skip
    return after


def _recover(on_event: EventCallback, state: TrainState, restore: Callable[[], TrainState]) -> TrainState:
    """Return the state of the newest checkpoint, with half the learning rate."""
    if state.rollbacks >= ROLLBACK_LIMIT:
        raise SumtuneError(
            f"Training stopped at step {state.step}: {NOT_FINITE_LIMIT} consecutive steps had no finite loss or "
            f"gradient, even with {0.5**state.rollbacks:g} times the learning rate. The last checkpoint is kept. "
            "Start again (--overwrite) with a lower train.learning_rate, or with model.precision=fp32."
        )
    restored = replace(restore(), rollbacks=state.rollbacks + 1, max_tokens=state.max_tokens)
    _warn(on_event, restored, f"{NOT_FINITE_LIMIT} consecutive steps had no finite loss or gradient: training "
                              f"continues from step {restored.step} with {0.5**restored.rollbacks:g} times the "
                              "learning rate.")  # fmt: skip
    return restored


def _update(master_weights: MasterWeights, optimizer: Any, rate: float, average_decay: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("ratio", 1.0)
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


def _report_step(
    on_event: EventCallback, state: TrainState, gradient: Gradient, monitor: LossMonitor, learning_rate: float,
    seconds: float, time_share: float, started: float,
) -> None:  # fmt: skip
    of_time = {"time_share": time_share} if time_share else {}
    on_event({"event": "step", "step": state.step, "loss": gradient.loss, "learning_rate": learning_rate,
              "gradient_norm": gradient.norm, "tokens": gradient.tokens, "seconds": seconds,
              "elapsed_s": time.monotonic() - started, **of_time})  # fmt: skip
    failpoint("step.logged")
    if gradient.finite:
        if (message := monitor.step(gradient.loss)) is not None:
            _warn(on_event, state, message)
        return
    _warn(on_event, state, f"The loss of step {state.step} is {gradient.loss}, its gradient norm {gradient.norm}: "
                         "the step was skipped.")  # fmt: skip


def _sample(
    on_event: EventCallback, plan: TrainingPlan, state: TrainState, sample: Sample, limit: TimeLimit,
    plateau: Plateau | None, started: float,
) -> Plateau | None:  # fmt: skip
    """Report the scores of sampled summaries, if any are due; return `plateau` with them."""
    scores = sample(time.monotonic() - started)
    if scores is None:
        return plateau
    elapsed_s = time.monotonic() - started
    progress = max(state.step / plan.total_steps, limit.share(elapsed_s))
    on_event({"event": "sampled", "step": state.step, "progress": progress, **scores, "elapsed_s": elapsed_s})
    return None if plateau is None else plateau.after(progress, scores["rouge1"])


def _is_at_plateau(on_event: EventCallback, state: TrainState, plateau: Plateau | None, started: float) -> bool:
    """Return whether more training is hardly worth it, and report that."""
    if plateau is None or not plateau.is_reached:
        return False
    elapsed_s, (progress, _) = time.monotonic() - started, plateau.samples[-1]
    on_event({"event": "early_end", "step": state.step, "gain": plateau.gain, "progress": progress,
              "saved_s": elapsed_s / progress - elapsed_s, "elapsed_s": elapsed_s})  # fmt: skip
    return True


def _report_end(on_event: EventCallback, state: TrainState) -> None:
    on_event({"event": "end", "step": state.step, "best_step": state.best_step, "best_loss": state.best_loss,
              "elapsed_s": state.elapsed_s})  # fmt: skip


def _warn(on_event: EventCallback, state: TrainState, message: str) -> None:
    on_event({"event": "warning", "step": state.step, "message": message})
