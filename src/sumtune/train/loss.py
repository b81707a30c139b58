"""Cross entropy of the summary tokens. Logits are computed only at the positions that predict them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sumtune.kernels.build import Kernels
from sumtune.kernels.cross_entropy import cross_entropies_of_logits, summed_cross_entropy, token_cross_entropies
from sumtune.model.fuse import fused_output_weight
from sumtune.text.encode import Encoded
from sumtune.train.gradient_checkpointing import Recompute
from sumtune.train.recorded_losses import RecordedLosses

__all__ = ["SummaryLoss", "token_cross_entropy"]

CHUNK_ROWS, GPU_CHUNK_ROWS = 32, 256
"""Rows of logits converted to float32 at a time: 32 MB for a vocabulary of 262,144 tokens, or 256 MB on a GPU, where
starting an operation costs more."""


class _TokenCrossEntropy(torch.autograd.Function):
    """Cross entropy of each token. Its gradient, softmax minus one-hot, is computed in chunks, in the logits' dtype."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        log_sums = torch.cat([rows.float().logsumexp(-1) for rows in torch.split(logits, _chunk_rows(logits))])
        ctx.save_for_backward(logits, targets, log_sums)
        return log_sums - logits.gather(-1, targets[:, None])[:, 0].float()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        logits, targets, log_sums = ctx.saved_tensors
        gradient = torch.empty_like(logits)
        tensors, size = (gradient, logits, targets, log_sums, grads[0]), _chunk_rows(logits)
        chunks = zip(*(torch.split(tensor, size) for tensor in tensors), strict=True)
        for out, rows, wanted, log_sum, grad in chunks:
            softmax = (rows.float() - log_sum[:, None]).exp_()
            softmax[torch.arange(len(rows), device=rows.device), wanted] -= 1
            out.copy_(softmax.mul_(grad[:, None]))
        return gradient, None


def _chunk_rows(logits: Tensor) -> int:
    return CHUNK_ROWS if logits.device.type == "cpu" else GPU_CHUNK_ROWS


def token_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the sum over tokens of -log softmax(logits)[target] as a float32 scalar.

    `logits` (tokens, vocabulary) may have any float dtype; `targets` (tokens,) are int64.
    """
    if logits.dtype == torch.float32 and logits.device.type != "cpu":
        return cross_entropy(logits, targets, reduction="sum")
    return _token_cross_entropies(logits, targets).sum()


def _token_cross_entropies(logits: Tensor, targets: Tensor) -> Tensor:
    """Return -log softmax(logits)[target] of each token (tokens,) in float32."""
    result: Tensor = _TokenCrossEntropy.apply(logits, targets)  # type: ignore[no-untyped-call]
    return result


class SummaryLoss:
    """Loss of a micro-batch: (sum over summary tokens in nats, number of summary tokens).

    A hook before the output layer selects the positions that predict a summary token. The model's own code runs after
    that layer (scaling, soft caps), so this works for every architecture.
    """

    def __init__(
        self, model: Any, pad_id: int = 0, kernels: Kernels | None = None, recompute: Recompute | None = None,
        recorded: RecordedLosses | None = None,
    ) -> None:  # fmt: skip
        """Create the loss of `model`, a Hugging Face model whose linear layers may have LoRA adapters.

        `pad_id` pads short sequences; no loss depends on it. With `kernels`, a plain output layer and the loss become
        one function that never holds all logits in memory. `recompute` decides which layers run again in the backward
        pass. With `recorded`, small micro-batches are computed by recorded CUDA graphs.
        """
        self.model = model
        self.kernels = kernels
        self.recompute = recompute
        self.recorded = recorded
        self._output_weight = None if kernels is None else fused_output_weight(model)
        self.pad_id = pad_id
        self.device = next(model.parameters()).device
        self._rows: Tensor | None = None
        self._hook = model.get_output_embeddings().register_forward_pre_hook(self._select)

    def _select(self, _module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self._rows is None:
            return args
        hidden = args[0]
        return (hidden.reshape(-1, hidden.shape[-1])[self._rows], *args[1:])

    def __call__(self, examples: Sequence[Encoded]) -> tuple[Tensor, int]:
        """Return the summed loss (a differentiable scalar) and the number of summary tokens."""
        self.plan_memory(examples)
        if self.recorded is None:
            return self._loss(examples)
        inputs, rows, targets = self.collate(examples)
        return self.token_losses(inputs, rows, targets).sum(), len(targets)

    def plan_memory(self, examples: Sequence[Encoded]) -> None:
        """Decide how many layers run again in the backward pass of a micro-batch with `examples`."""
        if self.recompute is not None and torch.is_grad_enabled():
            tokens = len(examples) * max(example.length for example in examples)
            self.recompute.plan(tokens, lambda length: self._loss([Encoded((0,) * (length - 1), (0,))])[0])

    def _loss(self, examples: Sequence[Encoded]) -> tuple[Tensor, int]:
        inputs, rows, targets = self.collate(examples)
        if self.kernels is not None and self._output_weight is not None:
            chosen = self._hidden(inputs, rows)
            return summed_cross_entropy(self.kernels, chosen, self._output_weight, targets), len(targets)
        if self.kernels is not None:
            return self._token_losses(inputs, rows, targets).double().sum().float(), len(targets)
        return token_cross_entropy(self._logits(inputs, rows), targets), len(targets)

    def token_losses(self, inputs: Mapping[str, Any], rows: Tensor, targets: Tensor) -> Tensor:
        """Return the loss (tokens,) in nats of each of `targets`, predicted at the flat positions `rows`."""
        if self.kernels is not None and self._output_weight is not None:
            return token_cross_entropies(self.kernels, self._hidden(inputs, rows), self._output_weight, targets)
        keeps_all = self.recompute is None or not self.recompute.count
        if self.recorded is not None and keeps_all and self.recorded.suit(inputs):
            return self.recorded(self._token_losses, inputs, rows, targets)
        return self._token_losses(inputs, rows, targets)

    def _token_losses(self, inputs: Mapping[str, Any], rows: Tensor, targets: Tensor) -> Tensor:
        logits = self._logits(inputs, rows)
        if self.kernels is not None:
            return cross_entropies_of_logits(self.kernels, logits, targets)
        return _token_cross_entropies(logits, targets)

    def _hidden(self, inputs: Mapping[str, Any], rows: Tensor) -> Tensor:
        """Return the last hidden states (tokens, features) at `rows`."""
        hidden = self.model.get_decoder()(**inputs, use_cache=False).last_hidden_state
        chosen: Tensor = hidden.reshape(-1, hidden.shape[-1])[rows]
        return chosen

    def _logits(self, inputs: Mapping[str, Any], rows: Tensor) -> Tensor:
        """Return the logits (tokens, vocabulary) at `rows`."""
        self._rows = rows
        try:
            logits: Tensor = self.model(**inputs, use_cache=False).logits
        finally:
            self._rows = None
        return logits

    def collate(self, examples: Sequence[Encoded]) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Return model inputs (batch, time), flat positions (tokens,) that predict summary tokens, and these tokens."""
        build = self._encoder_decoder if self.model.config.is_encoder_decoder else self._decoder_only
        inputs, positions, width = build(examples)
        rows = [row * width + at for row, places in enumerate(positions) for at in places]
        targets = [token for example in examples for token in example.target]
        return inputs, torch.tensor(rows, device=self.device), torch.tensor(targets, device=self.device)

    def _decoder_only(self, examples: Sequence[Encoded]) -> tuple[dict[str, Tensor], list[range], int]:
        # Padding is on the right, where causal attention never looks: no mask is needed.
        sequences = [example.source + example.target[:-1] for example in examples]
        positions = [range(len(example.source) - 1, example.length - 1) for example in examples]
        ids = self.padded(sequences)
        return {"input_ids": ids}, positions, ids.shape[1]

    def _encoder_decoder(self, examples: Sequence[Encoded]) -> tuple[dict[str, Tensor], list[range], int]:
        sources = [example.source for example in examples]
        start = self.model.config.decoder_start_token_id
        shifted = self.padded([(start, *example.target[:-1]) for example in examples])
        inputs = {
            "input_ids": self.padded(sources),
            "attention_mask": self.padded([[1] * len(source) for source in sources], fill=0),
            "decoder_input_ids": shifted,
        }
        return inputs, [range(len(example.target)) for example in examples], shifted.shape[1]

    def padded(self, rows: Sequence[Sequence[int]], fill: int | None = None) -> Tensor:
        """Return `rows` as one int64 tensor (batch, longest row)."""
        padded = torch.full((len(rows), max(map(len, rows))), self.pad_id if fill is None else fill)
        for at, row in enumerate(rows):
            padded[at, : len(row)] = torch.tensor(row)
        return padded.to(self.device)
