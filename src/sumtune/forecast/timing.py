"""Seconds of training and evaluation, from a few real micro-batches and summaries."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from sumtune.forecast.trial import padded_tokens, planned_micro_batches, trials
from sumtune.model.lora import set_dropout
from sumtune.summarizer import Completion, Summarizer
from sumtune.text.batching import sample_by_length
from sumtune.text.encode import Encoded
from sumtune.train.session import Session
from sumtune.train.step import mean_loss
from sumtune.train.training_plan import TrainingPlan

__all__ = [
    "CostModel",
    "DecodeCosts",
    "TrainingCosts",
    "decode_costs",
    "fit",
    "fit_costs",
    "nearest_to_mean_length",
    "training_costs",
]

MEASURED_BATCHES = 8
"""Micro-batches of different size that are timed."""
MEASURED_TOKENS = 8
"""Tokens of a summary that are timed, after the first."""

Group = Sequence[int]


@dataclass(frozen=True)
class CostModel:
    """Seconds of a micro-batch: a fixed part, a part for each token with padding, a part for each summary token."""

    fixed: float
    per_token: float
    per_target: float

    def seconds(self, groups: Sequence[Sequence[Encoded]]) -> float:
        """Seconds that all `groups` take."""
        return float((_features(groups) @ np.array([self.fixed, self.per_token, self.per_target])).sum())


def fit(groups: Sequence[Sequence[Encoded]], seconds: Sequence[float]) -> CostModel:
    """The cost model nearest to the measured `seconds` of `groups`."""
    return CostModel(*fit_costs(_features(groups), seconds))


def fit_costs(features: NDArray[np.float64], seconds: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """The cost of each column of `features` (measurements, columns) that explains the measured `seconds` best.

    By relative error, with no cost below zero.
    """
    weights = 1 / np.asarray(seconds)
    active = list(range(features.shape[1]))
    solution = np.zeros(len(active))
    while active:
        found, *_ = np.linalg.lstsq(features[:, active] * weights[:, None], np.ones(len(weights)), rcond=None)
        if (found >= 0).all():
            solution[active] = found
            break
        active.pop(int(np.argmin(found)))
    return solution.tolist()


def _features(groups: Sequence[Sequence[Encoded]]) -> NDArray[np.float64]:
    """(groups, 3): one, tokens with padding, summary tokens."""
    rows = [(1, padded_tokens(group), sum(len(example.target) for example in group)) for group in groups]
    return np.array(rows, float)


@dataclass(frozen=True)
class TrainingCosts:
    """Seconds of the parts of a training."""

    epoch: float
    """All micro-batches of an epoch, forward and backward."""
    update: float
    """What follows them in an optimizer step."""
    validation: float

    def seconds(self, plan: TrainingPlan) -> float:
        """Seconds of all optimizer steps and validations of `plan`."""
        return self.epoch * plan.settings.epochs + self.update * plan.total_steps + self.validation * plan.validations


def training_costs(session: Session) -> TrainingCosts:
    """Measured on micro-batches spread over the planned sizes, and two validation batches.

    Leaves the session as it was.
    """
    planned = planned_micro_batches(session)
    measured = _spread_groups(planned, MEASURED_BATCHES)
    with trials(session) as compute:
        costs = fit(measured, [_fastest(partial(compute, group)) for group in measured])
    return TrainingCosts(costs.seconds(planned), _timed(lambda: _idle_update(session)), _validation_seconds(session))


def _spread_groups(groups: Sequence[list[Encoded]], count: int) -> list[list[Encoded]]:
    return [groups[at] for at in sample_by_length([padded_tokens(group) for group in groups], count)]


def _idle_update(session: Session) -> None:
    """An optimizer step at learning rate zero on copies of the weights, then a real publish."""
    copies = [weight.clone() for weight in session.master_weights.weights.values()]
    for copy in copies:
        copy.grad = torch.ones_like(copy)
    torch.optim.AdamW(copies, lr=0.0, fused=True).step()
    session.master_weights.copy_to_model()


def _validation_seconds(session: Session) -> float:
    set_dropout(session.adapted, on=False)
    sample = [
        session.validation[at] for at in sample_by_length([e.length for e in session.validation], MEASURED_BATCHES)
    ]
    seconds = _fastest(lambda: mean_loss(session.loss_fn, sample, session.max_tokens))
    return seconds * sum(e.length for e in session.validation) / sum(e.length for e in sample)


@dataclass(frozen=True)
class DecodeCosts:
    """Seconds of a summary: to read its dialogue and begin, for each step of its batch, for each further token."""

    reading: float
    per_step: float
    per_token: float
    together: int
    """Dialogues of a batch, which goes on until its longest summary ends."""

    def seconds(self, dialogues: int, tokens: Sequence[int]) -> float:
        """Seconds that `dialogues` take whose summaries are as long as `tokens`, in no order."""
        continuing = np.array([np.mean(np.asarray(tokens) > step) for step in range(1, max(tokens))])
        steps = (1 - (1 - continuing) ** self.together).sum()
        one = self.reading + self.per_step * steps / self.together + self.per_token * continuing.sum()
        return float(one * dialogues)


def decode_costs(summarizer: Summarizer, dialogues: Sequence[str], together: int) -> DecodeCosts:
    """Measured on a batch of `together` dialogues near the mean length, and on a quarter of it."""
    sample = nearest_to_mean_length(dialogues, together)
    reading, *most = _decode_timings(summarizer, sample)
    _, *few = _decode_timings(summarizer, sample[: -(-len(sample) // 4)])
    timings = np.array([timing for timing in (most, few) if min(timing) > 0])
    per_step, per_token = fit_costs(timings[:, :2], timings[:, 2]) if len(timings) else (0.0, 0.0)
    return DecodeCosts(reading / len(sample), per_step, per_token, len(sample))


def nearest_to_mean_length(dialogues: Sequence[str], count: int) -> list[str]:
    """At most `count` of `dialogues`, those whose characters are nearest to the mean."""
    mean = sum(map(len, dialogues)) / len(dialogues)
    return sorted(dialogues, key=lambda dialogue: abs(len(dialogue) - mean))[:count]


def _decode_timings(summarizer: Summarizer, sample: Sequence[str]) -> tuple[float, int, int, float]:
    """Seconds to read `sample` and begin; then steps, tokens of all summaries, and seconds of writing a little more."""
    first = _timed(lambda: summarizer.summarize(sample, max_tokens=1))
    written: list[Completion] = []
    more = _timed(lambda: written.extend(summarizer.summarize(sample, max_tokens=1 + MEASURED_TOKENS)))
    tokens = [max(0, completion.tokens - 1) for completion in written]
    return first, max(tokens), sum(tokens), more - first


def _fastest(work: Callable[[], object]) -> float:
    """Of two runs: the first of a size also pays for memory and for code that is made for that size."""
    return min(_timed(work), _timed(work))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
