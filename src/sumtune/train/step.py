"""The gradient of one optimizer step, accumulated over micro-batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sumtune.text.batching import micro_batches
from sumtune.text.encode import Encoded
from sumtune.train.master_weights import MasterWeights
from sumtune.train.process_group import ALONE, Group, ProcessLostError

__all__ = ["Gradient", "LossFunction", "is_out_of_memory", "mean_loss", "step_gradient"]

LossFunction = Callable[[Sequence[Encoded]], tuple[Tensor, int]]
"""Examples to (sum of the loss over summary tokens, number of summary tokens)."""


@dataclass(frozen=True)
class Gradient:
    """Statistics of the gradient of one optimizer step. The gradient itself is stored in the master weights."""

    loss: float
    """Mean over all summary tokens of the step, in nats."""
    tokens: int
    """Source and target tokens, without padding."""
    norm: float
    """L2 norm of the gradient before clipping."""
    max_tokens: int
    """Token budget of a micro-batch that fitted into memory; it may be smaller than the one requested."""

    @property
    def finite(self) -> bool:
        """False if the loss or the gradient is infinite or not a number."""
        return all(map(torch.isfinite, map(torch.tensor, (self.loss, self.norm))))


def step_gradient(
    loss_fn: LossFunction,
    examples: Sequence[Encoded],
    master_weights: MasterWeights,
    generator: torch.Generator,
    planned_tokens: int,
    max_tokens: int,
    max_norm: float,
    group: Group = ALONE,
    skip_masks: Callable[[], None] = lambda: None,
) -> Gradient:
    """Store in `master_weights` the clipped gradient of the mean loss over all summary tokens of `examples`.

    A micro-batch holds at most `planned_tokens` and has one dropout mask. If memory is short, it is computed in parts
    of at most `max_tokens` with the same mask. The mean is taken over the tokens of the whole step, so `max_tokens`
    changes the gradient only by rounding. Running out of memory halves `max_tokens` and repeats the step.

    The processes of `group` share the examples of each micro-batch, and all get the gradient of all examples. A process
    without an example of a micro-batch calls `skip_masks`, so that the generators of all processes stay equal.

    Raises:
        MemoryError, RuntimeError: even a single example does not fit into memory.
        ProcessLostError: another process ended. The generator is as before.
    """
    random_state = generator.get_state()
    while True:
        try:
            loss, targets = _accumulate(
                loss_fn, examples, master_weights, generator, planned_tokens, max_tokens, group, skip_masks
            )
            break
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or max_tokens <= min(example.length for example in examples):
                raise
        master_weights.clear_gradients()
        generator.set_state(random_state)
        torch.cuda.empty_cache()  # smaller blocks come next; nothing on other devices
        max_tokens = min(max_tokens, planned_tokens) // 2
    try:
        loss, targets = _added_up(master_weights, loss, targets, group)
    except ProcessLostError:
        generator.set_state(random_state)
        raise
    gradients = master_weights.gradients()
    torch._foreach_div_(gradients, targets)
    norm = float(torch.nn.utils.clip_grad_norm_(list(master_weights.weights.values()), max_norm))
    return Gradient(loss / targets, sum(example.length for example in examples), norm, max_tokens)


def _accumulate(
    loss_fn: LossFunction, examples: Sequence[Encoded], master_weights: MasterWeights, generator: torch.Generator,
    planned_tokens: int, max_tokens: int, group: Group, skip_masks: Callable[[], None],
) -> tuple[float, int]:  # fmt: skip
    total, targets = 0.0, 0
    lengths = [example.length for example in examples]
    for micro_batch in micro_batches(range(len(examples)), lengths, planned_tokens):
        parts = micro_batches(group.share_of(micro_batch), lengths, min(planned_tokens, max_tokens))
        random_state = generator.get_state()
        if not parts:
            skip_masks()
        for part in parts:
            generator.set_state(random_state)
            loss, count = loss_fn([examples[at] for at in part])
            loss.backward()  # type: ignore[no-untyped-call]
            master_weights.accumulate_gradients()
            total += loss.item()
            targets += count
            del loss  # its graph, if still alive, would break the recording of the next micro-batch
    return total, targets


def _added_up(master_weights: MasterWeights, loss: float, targets: int, group: Group) -> tuple[float, int]:
    """Replace the gradients in `master_weights` by their sums over all processes; return the sums of both numbers."""
    if group.size == 1:
        return loss, targets
    weights = list(master_weights.weights.values())
    flat = torch.cat([(torch.zeros_like(one) if one.grad is None else one.grad).flatten() for one in weights]).cpu()
    numbers = torch.tensor([loss, targets], dtype=torch.float64)
    group.add(flat)
    group.add(numbers)
    for weight, summed in zip(weights, torch.split(flat, [weight.numel() for weight in weights]), strict=True):
        weight.grad = summed.view_as(weight).to(weight.device)
    return float(numbers[0]), int(numbers[1])


def is_out_of_memory(error: BaseException) -> bool:
    """Return True if `error` means out of memory. torch reports it in different ways on CPU and GPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in ("can't allocate memory", "not enough memory", "out of memory"))


@torch.no_grad()
def mean_loss(loss_fn: LossFunction, examples: Sequence[Encoded], max_tokens: int, group: Group = ALONE) -> float:
    """Return the mean loss over all summary tokens of `examples` in nats, without computing gradients.

    The processes of `group` share the examples.
    """
    total, targets = 0.0, 0
    examples = group.share_of(examples)
    lengths = [example.length for example in examples]
    for micro_batch in micro_batches(range(len(examples)), lengths, max_tokens):
        loss, count = loss_fn([examples[at] for at in micro_batch])
        total += loss.item()
        targets += count
    numbers = torch.tensor([total, targets], dtype=torch.float64)
    group.add(numbers)
    return float(numbers[0] / numbers[1])
