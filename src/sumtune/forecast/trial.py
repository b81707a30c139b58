"""Micro-batches that are computed only to measure their cost."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
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

    def __init__(self, examples: Sequence[Encoded], parts: Iterable[Sequence[int]], lengths: Sequence[int]) -> None:
        """`parts` are the indices of the examples of each micro-batch, `lengths` the tokens of all examples."""
        self._examples, self._indices, self._ends = examples, array("q"), array("q", [0])
        self.padded = array("q")
        """Tokens of each micro-batch, padding included."""
        for part in parts:
            self._indices.extend(part)
            self._ends.append(len(self._indices))
            self.padded.append(len(part) * max(lengths[at] for at in part))

    def __len__(self) -> int:
        return len(self.padded)

    @overload
    def __getitem__(self, at: int) -> list[Encoded]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Encoded]]: ...
    def __getitem__(self, at: int | slice) -> list[Encoded] | list[list[Encoded]]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return [self._examples[index] for index in self._indices[self._ends[place] : self._ends[place + 1]]]

    @property
    def largest(self) -> list[Encoded]:
        """The micro-batch with the most tokens, padding included."""
        return self[self.padded.index(max(self.padded))]


def planned_micro_batches(session: Session) -> MicroBatches:
    """Return the micro-batches of the first epoch, as they fit into `session.max_tokens`."""
    plan, budget = session.plan, session.planned_tokens

    def parts() -> Iterator[list[int]]:
        for batch in map(plan.batch, range(plan.steps_per_epoch)):
            lengths = [plan.lengths[at] for at in batch]
            for some in split_micro_batches(range(len(batch)), lengths, budget, session.max_tokens):
                yield from ([batch[at] for at in part] for part in some)

    return MicroBatches(session.examples, parts(), plan.lengths)


def padded_tokens(micro_batch: Sequence[Encoded]) -> int:
    """Return the tokens of a micro-batch, padding included."""
    return len(micro_batch) * max(example.length for example in micro_batch)
