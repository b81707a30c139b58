"""Micro-batches that are computed only to measure their cost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import overload

from sumtune.model.device_memory import synchronize
from sumtune.model.lora import set_dropout
from sumtune.text.batching import split_micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.session import Session

__all__ = ["MicroBatches", "padded_tokens", "planned_micro_batches", "trials"]


@contextmanager
def trials(session: Session) -> Iterator[Callable[[Sequence[Encoded]], None]]:
    """Yield a function that computes a micro-batch forward and backward; restore the session afterwards."""
    random_state = session.generator.get_state()
    set_dropout(session.adapted, on=True)

    def compute(micro_batch: Sequence[Encoded]) -> None:
        loss, _ = session.step_loss(micro_batch)(micro_batch)
        loss.backward()  # type: ignore[no-untyped-call]
        session.master_weights.accumulate_gradients()
        synchronize(session.loss_fn.device)

    try:
        yield compute
    finally:
        session.master_weights.clear_gradients()
        session.generator.set_state(random_state)


class MicroBatches(Sequence[list[Encoded]]):
    """Micro-batches whose examples are read when one is asked for."""

    def __init__(self, examples: Sequence[Encoded], parts: Sequence[Sequence[int]], padded: Sequence[int]) -> None:
        """`parts` are the indices of the examples of each micro-batch, `padded` its tokens with padding."""
        self.examples, self.parts, self.padded = examples, parts, padded

    def __len__(self) -> int:
        return len(self.parts)

    @overload
    def __getitem__(self, at: int) -> list[Encoded]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Encoded]]: ...
    def __getitem__(self, at: int | slice) -> list[Encoded] | list[list[Encoded]]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        return [self.examples[index] for index in self.parts[at]]

    @property
    def largest(self) -> list[Encoded]:
        """The micro-batch with the most tokens, padding included."""
        return self[self.padded.index(max(self.padded))]


def planned_micro_batches(session: Session) -> MicroBatches:
    """Return the micro-batches of the first epoch, as they fit into `session.max_tokens`."""
    plan, budget = session.plan, session.planned_tokens
    micro_batches: list[list[int]] = []
    for step in range(plan.steps_per_epoch):
        batch = plan.batch(step)
        lengths = [plan.lengths[at] for at in batch]
        for parts in split_micro_batches(range(len(batch)), lengths, budget, session.max_tokens):
            micro_batches += [[batch[at] for at in part] for part in parts]
    padded = [len(part) * max(plan.lengths[at] for at in part) for part in micro_batches]
    return MicroBatches(session.examples, micro_batches, padded)


def padded_tokens(micro_batch: Sequence[Encoded]) -> int:
    """Return the tokens of a micro-batch, padding included."""
    return len(micro_batch) * max(example.length for example in micro_batch)
