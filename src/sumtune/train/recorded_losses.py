"""Losses of small micro-batches as recorded CUDA graphs.

A GPU finishes each operation of a small model sooner than Python starts the next one. A recorded graph starts all
operations of a forward or backward pass at once (https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
A recording has fixed shapes, so widths and target counts are rounded up, and padding gets no gradient.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sumtune.model.lora import StaticMasks

__all__ = ["CUDA_GRAPHS", "RecordedLosses", "Recorder", "record_cuda_graphs", "round_up"]

CUDA_GRAPHS = "SUMTUNE_CUDA_GRAPHS"
"""Environment variable: 1 turns recorded CUDA graphs on. Off by default; see docs/performance.md."""
MAX_TOKENS = 16_384
"""Tokens of the largest micro-batch that is recorded, padding included. For more, starting operations costs little."""
WARM_UP = 2
"""Passes before a recording, in which libraries allocate their work space."""

Compute = Callable[[Mapping[str, Tensor], Tensor, Tensor], Tensor]
"""Function from model inputs (batch, time), flat positions (tokens,) and targets (tokens,) to losses (tokens,)."""
Recorder = Callable[
    [Callable[[], Tensor], Callable[[Tensor], Sequence[Tensor]]],
    tuple[Tensor, Callable[[], None], Sequence[Tensor], Callable[[], None]],
]
"""Function from a forward pass and a backward pass to (losses, forward replay, gradients, backward replay). A replay
overwrites the losses or the gradients with those of the present inputs."""


@dataclass(frozen=True)
class _Recording:
    inputs: dict[str, Tensor]
    losses: Tensor
    loss_gradients: Tensor
    gradients: Sequence[Tensor]
    forward: Callable[[], None]
    backward: Callable[[], None]


class _Replay(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, recording: _Recording, count: int, *_parameters: Tensor) -> Tensor:
        recording.forward()
        ctx.recording = recording
        return recording.losses[:count].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        recording, count = ctx.recording, len(grads[0])
        recording.loss_gradients.zero_()[:count].copy_(grads[0])
        recording.backward()
        return None, None, *torch._foreach_mul(recording.gradients, 1.0)  # copies: the next replay overwrites them


class RecordedLosses:
    """Computes token losses of a model with a LoRA adapter, with one recording for each rounded shape.

    Even the first micro-batch of a shape is computed by the recording, so a resumed run computes the same numbers.
    """

    def __init__(self, adapted: nn.Module, record: Recorder | None = None) -> None:
        found = [
            (module, name, parameter)
            for module in adapted.modules()
            for name, parameter in module._parameters.items()
            if parameter is not None and parameter.requires_grad
        ]
        self._owners = [(module, name) for module, name, _ in found]
        self._parameters = [parameter for *_, parameter in found]
        self._masks = StaticMasks(adapted)
        self._record = record or record_cuda_graphs(torch.cuda.graph_pool_handle())
        self._recordings: dict[Any, _Recording] = {}

    @staticmethod
    def suit(inputs: Mapping[str, Any]) -> bool:
        """Return whether `inputs` can be recorded: only tensors, not too many tokens, and gradients are needed."""
        tensors = all(isinstance(value, Tensor) for value in inputs.values())
        return tensors and torch.is_grad_enabled() and inputs["input_ids"].numel() <= MAX_TOKENS

    def __call__(self, compute: Compute, inputs: Mapping[str, Tensor], rows: Tensor, targets: Tensor) -> Tensor:
        """Return the differentiable losses (tokens,) that `compute` gives for these inputs."""
        padded = _padded(inputs, rows, targets)
        key = tuple((name, value.shape) for name, value in padded.items()), self._masks.active
        if (recording := self._recordings.get(key)) is None:
            recording = self._recordings[key] = self._new(compute, padded)
        else:
            for name, value in padded.items():
                recording.inputs[name].copy_(value)
        self._masks.draw()
        losses: Tensor = _Replay.apply(recording, len(targets), *self._parameters)  # type: ignore[no-untyped-call]
        return losses

    def _new(self, compute: Compute, inputs: dict[str, Tensor]) -> _Recording:
        rest = {name: value for name, value in inputs.items() if name not in ("rows", "targets")}
        loss_gradients = torch.ones(len(inputs["rows"]), device=inputs["rows"].device)

        aliases = [nn.Parameter(parameter.detach()) for parameter in self._parameters]

        def backward(losses: Tensor) -> Sequence[Tensor]:
            return torch.autograd.grad(losses, aliases, loss_gradients)

        with self._masks.in_use(), self._replaced_by(aliases):
            losses, replay, gradients, replay_back = self._record(
                lambda: compute(rest, inputs["rows"], inputs["targets"]), backward
            )
        return _Recording(inputs, losses, loss_gradients, gradients, replay, replay_back)

    @contextmanager
    def _replaced_by(self, aliases: Sequence[nn.Parameter]) -> Iterator[None]:
        """Let the model use `aliases` of its parameters, with the same memory, inside the context.

        An older graph can hold a node of a parameter, which would tie the recording to the stream of that graph.
        """
        for (module, name), alias in zip(self._owners, aliases, strict=True):
            module._parameters[name] = alias
        try:
            yield
        finally:
            for (module, name), parameter in zip(self._owners, self._parameters, strict=True):
                module._parameters[name] = parameter


def _padded(inputs: Mapping[str, Tensor], rows: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Return all tensors with rounded sizes; `rows` points to the same tokens as before."""
    width = inputs["decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"].shape[1]
    more = round_up(len(rows)) - len(rows)
    moved = rows // width * round_up(width) + rows % width
    padded = {name: pad(value, (0, round_up(value.shape[1]) - value.shape[1])) for name, value in inputs.items()}
    return padded | {"rows": pad(moved, (0, more)), "targets": pad(targets, (0, more))}


def round_up(size: int) -> int:
    """Return the next of 64, 96, 128, 192, 256, …: few sizes, and above 64 less than a third is padding.

    >>> [round_up(size) for size in (1, 64, 65, 97, 200, 1024)]
    [64, 64, 96, 128, 256, 1024]
    """
    power = 64
    while power < size:
        if size <= power + power // 2:
            return power + power // 2
        power *= 2
    return power


def record_cuda_graphs(pool: Any) -> Recorder:
    """Return a recorder of CUDA graphs that share the memory `pool`, which is safe because no two of them overlap."""

    def record(
        forward: Callable[[], Tensor], backward: Callable[[Tensor], Sequence[Tensor]]
    ) -> tuple[Tensor, Callable[[], None], Sequence[Tensor], Callable[[], None]]:
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                backward(forward())
        torch.cuda.current_stream().wait_stream(stream)
        there, back = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        with torch.cuda.graph(there, pool=pool):
            losses = forward()
        with torch.cuda.graph(back, pool=pool):
            gradients = backward(losses)
        return losses.detach(), there.replay, gradients, back.replay

    return record
