"""Seconds of training and evaluation, from a few real micro-batches and summaries."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from sumtune.model.lora import set_dropout
from sumtune.summarizer import Completion, Summarizer
from sumtune.text.batching import micro_batches, spread
from sumtune.text.encode import Encoded
from sumtune.train.plan import Plan
from sumtune.train.session import Session
from sumtune.train.step import mean_loss

__all__ = ["CostModel", "decode_seconds", "expected_tokens", "fit", "training_seconds"]

MEASURED_BATCHES = 8
"""Micro-batches of different size that are timed."""
MEASURED_SUMMARIES = 32
"""Enough that each of two cores has a full batch; of one length, so that none waits for another."""
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
    """The cost model nearest to the measured `seconds` of `groups`, by relative error, with no cost below zero."""
    features = _features(groups)
    weights = 1 / np.asarray(seconds)
    active = [0, 1, 2]
    solution = np.zeros(3)
    while active:
        found, *_ = np.linalg.lstsq(features[:, active] * weights[:, None], np.ones(len(groups)), rcond=None)
        if (found >= 0).all():
            solution[active] = found
            break
        active.pop(int(np.argmin(found)))
    return CostModel(*solution.tolist())


def _features(groups: Sequence[Sequence[Encoded]]) -> NDArray[np.float64]:
    """(groups, 3): one, tokens with padding, summary tokens."""
    rows = [
        (1, len(group) * max(example.length for example in group), sum(len(example.target) for example in group))
        for group in groups
    ]
    return np.array(rows, float)


def training_seconds(session: Session) -> float:
    """Seconds of all optimizer steps and validations of the session's plan; leaves the session as it was.

    Measured are micro-batches spread over the planned sizes, forward and backward, and two validation batches.
    """
    budget = session.config.train.micro_batch_tokens
    planned = _planned_groups(session.plan, session.examples, budget)
    measured = _spread_groups(planned, MEASURED_BATCHES)
    random_state = session.generator.get_state()
    set_dropout(session.adapted, on=True)
    costs = fit(measured, [_fastest(partial(_forward_backward, session, group)) for group in measured])
    session.masters.clear_gradients()
    session.generator.set_state(random_state)
    update = _timed(lambda: _idle_update(session))
    steps = costs.seconds(planned) * session.plan.settings.epochs + update * session.plan.total_steps
    return steps + session.plan.validations * _validation_seconds(session, budget)


def _planned_groups(plan: Plan, examples: Sequence[Encoded], budget: int) -> list[list[Encoded]]:
    """The micro-batches of the first epoch."""
    groups = []
    for step in range(plan.steps_per_epoch):
        batch = plan.batch(step)
        for group in micro_batches(range(len(batch)), [plan.lengths[at] for at in batch], budget):
            groups.append([examples[batch[at]] for at in group])
    return groups


def _spread_groups(groups: Sequence[list[Encoded]], count: int) -> list[list[Encoded]]:
    sizes = [len(group) * max(example.length for example in group) for group in groups]
    return [groups[at] for at in spread(sizes, count)]


def _forward_backward(session: Session, group: Sequence[Encoded]) -> None:
    loss, _ = session.loss_of(group)
    loss.backward()  # type: ignore[no-untyped-call]
    session.masters.collect_gradients()


def _idle_update(session: Session) -> None:
    """An optimizer step at learning rate zero on copies of the weights, then a real publish."""
    copies = [weight.clone() for weight in session.masters.weights.values()]
    for copy in copies:
        copy.grad = torch.ones_like(copy)
    torch.optim.AdamW(copies, lr=0.0, fused=True).step()
    session.masters.publish()


def _validation_seconds(session: Session, budget: int) -> float:
    set_dropout(session.adapted, on=False)
    sample = [session.validation[at] for at in spread([e.length for e in session.validation], MEASURED_BATCHES)]
    seconds = _fastest(lambda: mean_loss(session.loss_of, sample, budget))
    return seconds * sum(e.length for e in session.validation) / sum(e.length for e in sample)


def decode_seconds(summarizer: Summarizer, dialogues: Sequence[str], summary_tokens: int, ends: bool = True) -> float:
    """Seconds to write `summary_tokens` for each of `dialogues`; with `ends`, fewer where the model stops by itself.

    Measured on the up to 32 of them that are nearest to the mean length: reading with a first token, then a few more
    tokens. What a token takes, times their number, is what a summary takes.
    """
    mean = sum(map(len, dialogues)) / len(dialogues)
    sample = sorted(dialogues, key=lambda dialogue: abs(len(dialogue) - mean))[:MEASURED_SUMMARIES]
    first = _timed(lambda: summarizer.summarize(sample, max_tokens=1))
    written: list[Completion] = []
    more = _timed(lambda: written.extend(summarizer.summarize(sample, max_tokens=1 + MEASURED_TOKENS)))
    measured = sum(max(0, completion.tokens - 1) for completion in written) / len(written)
    token = max(0.0, more - first) / measured if measured else 0.0
    tokens = expected_tokens(written, summary_tokens) if ends else summary_tokens
    return (first + token * (tokens - 1)) * len(dialogues) / len(sample)


def expected_tokens(completions: Sequence[Completion], limit: int) -> float:
    """Mean tokens of summaries that go on to `limit`, if every token ends them as often as in `completions`.

    The mean of a geometric distribution that is cut off at `limit`: (1 - (1 - h)^limit) / h.

    >>> expected_tokens([Completion("", 9, cut_off=True)], limit=50)
    50.0
    """
    ended = sum(not completion.cut_off for completion in completions)
    if not ended:
        return float(limit)
    rate = min(1.0, ended / max(1, sum(completion.tokens for completion in completions)))
    return float((1 - (1 - rate) ** limit) / rate)


def _fastest(work: Callable[[], object]) -> float:
    """Of two runs: the first of a size also pays for memory and for code that is made for that size."""
    return min(_timed(work), _timed(work))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
