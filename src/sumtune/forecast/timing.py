"""Cost of training and decoding in seconds, measured on a few real micro-batches and summaries."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from sumtune.forecast.trial import padded_tokens, planned_micro_batches, trials
from sumtune.model.device_memory import synchronize
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
    "epoch_seconds",
    "fit",
    "fit_costs",
    "nearest_to_mean_length",
    "steady_seconds",
    "training_costs",
    "update_seconds",
]

MEASURED_BATCHES = 8
"""Number of micro-batches of different sizes that are timed."""
MUCH_LESS = 0.8
"""Another setting is offered if it takes less than this share of the time."""
MEASURED_TOKENS = 8
"""Number of timed tokens of a summary, not counting the first."""
REPEATED_BELOW_S = 0.5
"""What takes longer is timed once: then the first run costs little more than a second one would."""


@dataclass(frozen=True)
class CostModel:
    """Seconds of a micro-batch: a fixed part, a part per token (padding included), and a part per summary token."""

    fixed: float
    per_token: float
    per_target: float

    def seconds(self, groups: Iterable[Sequence[Encoded]]) -> float:
        """Return the time in seconds for all micro-batches in `groups`."""
        return float((_features(groups) @ np.array([self.fixed, self.per_token, self.per_target])).sum())


def fit(groups: Sequence[Sequence[Encoded]], seconds: Sequence[float]) -> CostModel:
    """Return the cost model that fits the measured `seconds` of `groups` best."""
    return CostModel(*fit_costs(_features(groups), seconds))


def fit_costs(features: NDArray[np.float64], seconds: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Return the cost of each column of `features` (measurements, columns), fitted to the measured `seconds`.

    The fit minimizes the squared relative error; no cost is negative.
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


def _features(groups: Iterable[Sequence[Encoded]]) -> NDArray[np.float64]:
    """Return (groups, 3): 1, tokens with padding, summary tokens."""
    rows = [(1, padded_tokens(group), sum(len(example.target) for example in group)) for group in groups]
    return np.array(rows, float)


@dataclass(frozen=True)
class TrainingCosts:
    """Seconds of the parts of training."""

    epoch: float
    """Seconds of all micro-batches of an epoch, forward and backward."""
    update: float
    """Seconds of the optimizer in one optimizer step."""
    validation: float
    """Seconds of one validation."""
    epoch_in_parts: float = 0.0
    """Seconds of an epoch that reads long dialogues in short parts; 0 if there are none."""
    epoch_truncated: float = 0.0
    """Seconds of an epoch that reads only the beginnings of long dialogues; 0 if there are none."""
    sampled_summary: float = 0.0
    """Seconds of a summary that is sampled after a validation; 0 if there are none."""

    def seconds(self, plan: TrainingPlan, processes: int = 1) -> float:
        """Return the time in seconds for all optimizer steps and validations of `plan`, without sampled summaries.

        Several processes share the examples evenly; the time to add up their gradients is not included.
        """
        shared = self.epoch * plan.settings.epochs + self.validation * plan.validations
        return shared / processes + self.update * plan.total_steps

    def seconds_if(self, plan: TrainingPlan, epoch: float) -> float | None:
        """Return the time of `plan` if an epoch took `epoch` seconds; None if it is unknown or hardly shorter."""
        return self.seconds(plan) * epoch / self.epoch if 0 < epoch < MUCH_LESS * self.epoch else None


def training_costs(session: Session) -> TrainingCosts:
    """Measure micro-batches spread over the planned sizes, an update, and validation examples of different lengths.

    The session is unchanged afterwards.
    """
    return TrainingCosts(epoch_seconds(session), update_seconds(session), _validation_seconds(session))


def epoch_seconds(session: Session, measured_batches: int = MEASURED_BATCHES) -> float:
    """Return the time in seconds for the micro-batches of an epoch, measured on a few of different sizes."""
    planned = planned_micro_batches(session)
    measured = [planned[at] for at in sample_by_length(planned.padded, measured_batches)]
    with trials(session) as compute:
        costs = fit(measured, [steady_seconds(partial(compute, group)) for group in measured])
    return costs.seconds(planned)


def update_seconds(session: Session) -> float:
    """Return the time in seconds of the optimizer in one optimizer step."""
    return steady_seconds(lambda: _idle_update(session))


def _idle_update(session: Session) -> None:
    """Run an optimizer step at learning rate 0 on copies of the weights, then copy the real weights to the model."""
    copies = [weight.clone() for weight in session.master_weights.weights.values()]
    for copy in copies:
        copy.grad = torch.ones_like(copy)
    torch.optim.AdamW(copies, lr=0.0, fused=True).step()
    session.master_weights.copy_to_model()
    synchronize(session.loss_fn.device)


def _validation_seconds(session: Session) -> float:
    set_dropout(session.adapted, on=False)
    sample = [
        session.validation[at] for at in sample_by_length([e.length for e in session.validation], MEASURED_BATCHES)
    ]
    seconds = steady_seconds(lambda: mean_loss(session.loss_fn, sample, session.max_tokens))
    return seconds * sum(e.length for e in session.validation) / sum(e.length for e in sample)


@dataclass(frozen=True)
class DecodeCosts:
    """Costs of a summary in seconds: for reading its dialogue, per step of its batch, and per token after the first."""

    reading: float
    per_step: float
    per_token: float
    batch_size: int
    """Dialogues in a batch. A batch continues until its longest summary ends."""

    def seconds(self, dialogues: int, tokens: Sequence[int]) -> float:
        """Return the time in seconds for `dialogues`, with summary lengths distributed like `tokens`."""
        unfinished = np.array([np.mean(np.asarray(tokens) > step) for step in range(1, max(tokens))])
        steps = (1 - (1 - unfinished) ** self.batch_size).sum()
        one = self.reading + self.per_step * steps / self.batch_size + self.per_token * unfinished.sum()
        return float(one * dialogues)


def decode_costs(summarizer: Summarizer, dialogues: Sequence[str], batch_size: int) -> DecodeCosts:
    """Measure a batch of `batch_size` dialogues of about mean length, and a quarter of that batch."""
    sample = nearest_to_mean_length(dialogues, batch_size)
    summarizer.summarize(sample[:1], max_tokens=1)  # the first call also loads weights and compiles code
    _, *few = _decode_timings(summarizer, sample[: -(-len(sample) // 4)])
    reading, *most = _decode_timings(summarizer, sample)
    timings = np.array([timing for timing in (most, few) if min(timing) > 0])
    per_step, per_token = fit_costs(timings[:, :2], timings[:, 2]) if len(timings) else (0.0, 0.0)
    return DecodeCosts(reading / len(sample), per_step, per_token, len(sample))


def nearest_to_mean_length(dialogues: Sequence[str], count: int) -> list[str]:
    """Return at most `count` of `dialogues`: those nearest to their mean length in characters."""
    mean = sum(map(len, dialogues)) / len(dialogues)
    return sorted(dialogues, key=lambda dialogue: abs(len(dialogue) - mean))[:count]


def _decode_timings(summarizer: Summarizer, sample: Sequence[str]) -> tuple[float, int, int, float]:
    """Return the seconds for reading `sample` and writing one token; then steps, tokens and seconds of the rest."""
    first = steady_seconds(lambda: summarizer.summarize(sample, max_tokens=1))
    written: list[Completion] = []
    more = _timed(lambda: written.extend(summarizer.summarize(sample, max_tokens=1 + MEASURED_TOKENS)))
    tokens = [max(0, completion.tokens - 1) for completion in written]
    return first, max(tokens), sum(tokens), more - first


def steady_seconds(work: Callable[[], object]) -> float:
    """Return the time of `work` in seconds; a short one runs twice, because its first run also allocates memory."""
    first = _timed(work)
    return first if first > REPEATED_BELOW_S else min(first, _timed(work))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
