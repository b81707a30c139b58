"""The gradient of one optimizer step, whatever number of micro-batches it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sumtune.text.batching import micro_batches, split_micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.master_weights import MasterWeights

__all__ = ["Gradient", "is_out_of_memory", "mean_loss", "step_gradient"]

LossFunction = Callable[[Sequence[Encoded]], tuple[Tensor, int]]


@dataclass(frozen=True)
class Gradient:
    """What one optimizer step saw; the gradient itself lies in the master weights."""

    loss: float
    """Mean over the summary tokens of the step."""
    tokens: int
    """Source and target tokens, without padding."""
    norm: float
    """L2 norm of the gradient before clipping."""
    max_tokens: int
    """Token budget of a micro-batch with which it went through: smaller than asked for after running out of memory."""

    @property
    def finite(self) -> bool:
        """False where loss or gradient is infinite or not a number."""
        return all(map(torch.isfinite, map(torch.tensor, (self.loss, self.norm))))


def step_gradient(
    loss_fn: LossFunction,
    examples: Sequence[Encoded],
    master_weights: MasterWeights,
    generator: torch.Generator,
    planned_tokens: int,
    max_tokens: int,
    max_norm: float,
) -> Gradient:
    """Leaves in `master_weights` the clipped gradient of the mean loss over all summary tokens of `examples`.

    Micro-batches hold at most `planned_tokens`; where fewer fit into memory, each is computed in parts of at most
    `max_tokens`, with one dropout. The mean is over tokens of the whole step. So the gradient does not depend on
    `max_tokens` but for the order in which numbers are added. Out of memory halves it and starts the step again.

    Raises:
        MemoryError, RuntimeError: not even one example at a time fits.
    """
    random_state = generator.get_state()
    while True:
        try:
            loss, targets = _accumulate(loss_fn, examples, master_weights, generator, planned_tokens, max_tokens)
            break
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or max_tokens <= min(example.length for example in examples):
                raise
        master_weights.clear_gradients()
        generator.set_state(random_state)
        max_tokens = min(max_tokens, planned_tokens) // 2
    gradients = master_weights.gradients()
    torch._foreach_div_(gradients, targets)
    norm = float(torch.nn.utils.clip_grad_norm_(list(master_weights.weights.values()), max_norm))
    return Gradient(loss / targets, sum(example.length for example in examples), norm, max_tokens)


def _accumulate(
    loss_fn: LossFunction, examples: Sequence[Encoded], master_weights: MasterWeights, generator: torch.Generator,
    planned_tokens: int, max_tokens: int,
) -> tuple[float, int]:  # fmt: skip
    total, targets = 0.0, 0
    lengths = [example.length for example in examples]
    for parts in split_micro_batches(range(len(examples)), lengths, planned_tokens, max_tokens):
        random_state = generator.get_state()
        for part in parts:
            generator.set_state(random_state)
            loss, count = loss_fn([examples[at] for at in part])
            loss.backward()  # type: ignore[no-untyped-call]
            master_weights.accumulate_gradients()
            total += loss.item()
            targets += count
    return total, targets


def is_out_of_memory(error: BaseException) -> bool:
    """True for running out of memory on CPU or GPU, which torch reports in different ways."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in ("can't allocate memory", "not enough memory", "out of memory"))


@torch.no_grad()
def mean_loss(loss_fn: LossFunction, examples: Sequence[Encoded], max_tokens: int) -> float:
    """Mean loss over all summary tokens of `examples`, without gradient."""
    total, targets = 0.0, 0
    lengths = [example.length for example in examples]
    for group in micro_batches(range(len(examples)), lengths, max_tokens):
        loss, count = loss_fn([examples[at] for at in group])
        total += loss.item()
        targets += count
    return total / targets
