"""Training costs of long examples, measured on shortened ones because a full one can take minutes.

The cost of a long example depends not only on its tokens and summary tokens, but also on the pairs of positions that
attend to each other, and on the layers that run again in the backward pass.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import numpy as np

from sumtune.forecast.timing import TrainingCosts, fit_costs, update_seconds
from sumtune.forecast.trial import padded_tokens, planned_micro_batches, trials
from sumtune.memory import free_memory
from sumtune.model.device_memory import peak_bytes, reset_peak
from sumtune.model.lora import set_dropout
from sumtune.text.encode import Encoded
from sumtune.text.parts import OVERLAP_SHARE
from sumtune.train.gradient_checkpointing import Recompute
from sumtune.train.session import Session
from sumtune.train.step import mean_loss

__all__ = ["SHORT_LIMIT", "has_long_inputs", "in_parts", "long_training_costs", "shortened", "truncated"]

LONG = 4096
"""Micro-batches with more tokens than this, padding included, are measured on shortened examples."""
SHORT_LIMIT = 1024
"""Tokens that are read at once in the quicker settings that the announcement offers."""
SHORT_PROBE, MEDIUM_PROBE, LONG_PROBE = 512, 2048, 8192
"""Tokens of the shortened examples."""

MicroBatch = Sequence[Encoded]


def has_long_inputs(session: Session) -> bool:
    """Return whether a planned micro-batch of `session` is long."""
    return max(planned_micro_batches(session).padded) > LONG


@dataclass(frozen=True)
class _Measured:
    """Measured costs of one shortened example."""

    micro_batch: MicroBatch
    recomputed_share: float
    saved_bytes: float
    seconds: float
    peak_bytes: int


def long_training_costs(session: Session) -> tuple[TrainingCosts, int]:
    """Return the costs of training, and the peak memory of the largest planned micro-batch.

    The session is unchanged afterwards.
    """
    planned = planned_micro_batches(session)
    largest = planned.largest
    measured = list(_measure(session, max(largest, key=lambda example: example.length)))
    rows = [_features(one.micro_batch, one.recomputed_share) for one in measured]
    costs = np.array(fit_costs(np.array(rows), [one.seconds for one in measured]))
    recompute = session.loss_fn.recompute

    def seconds(micro_batches: Iterable[MicroBatch], recomputes: bool) -> float:
        return float(sum(
            np.array(_features(one, _share(recompute, padded_tokens(one)) if recomputes else 0.0)) @ costs
            for one in micro_batches
        ))  # fmt: skip

    forward = _forward_share(session, measured[1])
    validation = forward * seconds([[example] for example in session.validation], recomputes=False)
    examples = session.examples
    training = TrainingCosts(
        seconds(planned, recomputes=True), update_seconds(session), validation,
        epoch_in_parts=seconds(([part] for example in examples for part in in_parts(example)), recomputes=True),
        epoch_truncated=seconds(([truncated(example)] for example in examples), recomputes=True),
    )  # fmt: skip
    return training, _peak(measured, recompute, padded_tokens(largest))


def shortened(example: Encoded, tokens: int, share_of_target: float = 1.0) -> Encoded:
    """Return `example` cut to `tokens`, with the first `share_of_target` of its summary.

    >>> shortened(Encoded((1, 2, 3, 4, 5), (6, 7)), tokens=5, share_of_target=0.5)
    Encoded(source=(1, 2, 3, 4), target=(6,))
    """
    target = example.target[: max(1, int(len(example.target) * share_of_target))]
    return Encoded(example.source[: max(1, tokens - len(target))], target)


def truncated(example: Encoded) -> Encoded:
    """Return `example` with at most `SHORT_LIMIT` tokens of its source."""
    return Encoded(example.source[:SHORT_LIMIT], example.target)


def in_parts(example: Encoded) -> list[Encoded]:
    """Return examples of the lengths that `example` has when it is read in parts of `SHORT_LIMIT` tokens."""
    if len(example.source) <= SHORT_LIMIT:
        return [example]
    parts = ceil(len(example.source) / SHORT_LIMIT / (1 - OVERLAP_SHARE))
    part = shortened(example, SHORT_LIMIT + len(example.target) // parts, 1 / parts)
    return [*[part] * parts, Encoded(example.target, example.target)]


def _measure(session: Session, example: Encoded) -> Iterator[_Measured]:
    """Measure short and medium examples, a medium one with all layers recomputed, and a long one."""
    short, less = shortened(example, SHORT_PROBE), shortened(example, SHORT_PROBE, share_of_target=0.5)
    medium, long = shortened(example, MEDIUM_PROBE), shortened(example, LONG_PROBE)
    recompute = session.loss_fn.recompute
    with trials(session) as compute:
        compute([short])  # the first run includes one-time costs
        for one, budget in ((short, None), (medium, None), (less, None), (medium, 0.0), (long, None)):
            free_memory()
            reset_peak(session.loss_fn.device)
            with _budget(recompute, budget):
                begun = time.perf_counter()
                compute([one])
                seconds = time.perf_counter() - begun
                share, saved = _share(recompute, one.length), recompute.saved_bytes_of(one.length) if recompute else 0.0
            yield _Measured([one], share, saved, seconds, peak_bytes(session.loss_fn.device))


@contextmanager
def _budget(recompute: Recompute | None, budget: float | None) -> Iterator[None]:
    """Give `recompute` another budget inside the context, unless `budget` is None."""
    if recompute is None or budget is None:
        yield
        return
    own, recompute.budget_bytes = recompute.budget_bytes, budget
    try:
        yield
    finally:
        recompute.budget_bytes = own


def _share(recompute: Recompute | None, tokens: int) -> float:
    """Return the share of layers that run again for a micro-batch of `tokens`."""
    return 0.0 if recompute is None else recompute.layers_to_recompute(tokens) / max(1, recompute.layers)


def _features(micro_batch: MicroBatch, recomputed_share: float) -> list[float]:
    """Return 1, tokens, summary tokens, thousands of pairs, and tokens of layers that run again."""
    tokens, longest = padded_tokens(micro_batch), max(example.length for example in micro_batch)
    targets = sum(len(example.target) for example in micro_batch)
    return [1.0, tokens, targets, tokens * longest / 1000, tokens * recomputed_share]


def _forward_share(session: Session, medium: _Measured) -> float:
    """Return the time of a forward pass as a share of forward and backward pass together."""
    set_dropout(session.adapted, on=False)
    begun = time.perf_counter()
    mean_loss(session.loss_fn, medium.micro_batch, session.max_tokens)
    return (time.perf_counter() - begun) / medium.seconds


def _peak(measured: Sequence[_Measured], recompute: Recompute | None, tokens: int) -> int:
    """Return the peak memory of a micro-batch of `tokens`: saved activations, and a rest that grows linearly.

    The rest is measured where no more layers run again than the budget asks for, as in training.
    """
    _, medium, *_, long = measured
    sizes = [padded_tokens(one.micro_batch) for one in (medium, long)]
    rests = [one.peak_bytes - one.saved_bytes for one in (medium, long)]
    growth = max(0.0, (rests[1] - rests[0]) / max(1.0, sizes[1] - sizes[0]))
    saved = recompute.saved_bytes_of(tokens) if recompute is not None else 0.0
    return int(rests[1] + growth * max(0.0, tokens - sizes[1]) + saved)
