"""Micro-batches computed only to see what they cost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sumtune.model.lora import set_dropout
from sumtune.text.batching import split_micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.session import Session

__all__ = ["padded_tokens", "planned_micro_batches", "trials"]


@contextmanager
def trials(session: Session) -> Iterator[Callable[[Sequence[Encoded]], None]]:
    """A function that computes a micro-batch forward and backward; afterwards the session is as it was."""
    random_state = session.generator.get_state()
    set_dropout(session.adapted, on=True)

    def compute(group: Sequence[Encoded]) -> None:
        loss, _ = session.loss_fn(group)
        loss.backward()  # type: ignore[no-untyped-call]
        session.master_weights.accumulate_gradients()

    try:
        yield compute
    finally:
        session.master_weights.clear_gradients()
        session.generator.set_state(random_state)


def planned_micro_batches(session: Session) -> list[list[Encoded]]:
    """What the first epoch computes at once."""
    plan, budget = session.plan, session.config.train.micro_batch_tokens
    groups = []
    for step in range(plan.steps_per_epoch):
        batch = plan.batch(step)
        lengths = [plan.lengths[at] for at in batch]
        for parts in split_micro_batches(range(len(batch)), lengths, budget, session.max_tokens):
            groups += [[session.examples[batch[at]] for at in part] for part in parts]
    return groups


def padded_tokens(group: Sequence[Encoded]) -> int:
    """Tokens of a micro-batch with its padding."""
    return len(group) * max(example.length for example in group)
