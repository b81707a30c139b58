"""Loss for learning to rank candidate summaries: cross entropy of the reference, and a margin between candidates."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.packed_attention import Packing
from sumtune.model.fuse import can_pack
from sumtune.text.encode import Encoded
from sumtune.train.loss import SummaryLoss
from sumtune.train.ranked_example import RankedExample

__all__ = ["RankingLoss"]

Tokens = tuple[int, ...]
Collated = tuple[dict[str, Any], Tensor]
"""Model inputs, and the flat positions that predict the tokens of all targets."""


class RankingLoss:
    """Loss of an optimizer step: mean cross entropy of the references + weight * mean margin loss of the pairs.

    The margin loss of a better candidate i and a worse one j is max(0, margin * (reward_i - reward_j) - (s_i - s_j)),
    where s is the mean log-probability of the tokens of a candidate (BRIO, Liu et al. 2022,
    https://arxiv.org/abs/2203.16804, equations 8 to 10; SLiC, Zhao et al. 2022, https://arxiv.org/abs/2210.00045).

    If the model allows, each source is read once for the reference and all candidates.
    """

    def __init__(self, summary_loss: SummaryLoss, *, weight: float, margin: float) -> None:
        self.summary_loss, self.weight, self.margin = summary_loss, weight, margin
        self._collate: Callable[[Sequence[RankedExample]], Collated] = self._separate
        if summary_loss.model.config.is_encoder_decoder:
            self._collate = self._encoder_decoder
        elif can_pack(summary_loss.model):
            self._collate = self._packed

    @property
    def shares_source(self) -> bool:
        """Whether a source is read once for all of its targets."""
        return self._collate != self._separate

    def of_step(self, examples: Sequence[RankedExample]) -> Callable[[Sequence[RankedExample]], tuple[Tensor, int]]:
        """Return the loss of a micro-batch of the optimizer step with `examples`, as (sum, number of summary tokens).

        Divided by the summary tokens of the step, the sum of all micro-batches is the loss of the step.
        """
        tokens, pairs = sum(len(one.target) for one in examples), sum(len(list(one.pairs())) for one in examples)
        return partial(self._micro_batch, self.weight * tokens / max(1, pairs))

    def _micro_batch(self, weight_of_pair: float, examples: Sequence[RankedExample]) -> tuple[Tensor, int]:
        self.summary_loss.plan_memory(examples)
        inputs, rows = self._collate(examples)
        targets = [target for example in examples for target in example.targets]
        losses = self.summary_loss.token_losses(inputs, rows, self._tensor(token for one in targets for token in one))
        by_target = iter(torch.split(losses, [len(target) for target in targets]))
        entropy, margins = losses.new_zeros(()), losses.new_zeros(())
        for example in examples:
            entropy = entropy + next(by_target).sum()
            margins = margins + self._margin_loss(example, [-next(by_target).mean() for _ in example.candidates])
        return entropy + weight_of_pair * margins, sum(len(example.target) for example in examples)

    def _margin_loss(self, example: RankedExample, scores: Sequence[Tensor]) -> Tensor:
        """Return the sum over the pairs of an example, given the mean log-probability of each candidate."""
        pairs = list(example.pairs())
        if not pairs:
            return torch.zeros((), device=self.summary_loss.device)
        better, worse, gaps = zip(*pairs, strict=True)
        score = torch.stack(list(scores))
        wanted = self.margin * torch.tensor(gaps, dtype=score.dtype, device=score.device)
        return torch.relu(wanted - (score[list(better)] - score[list(worse)])).sum()

    def _separate(self, examples: Sequence[RankedExample]) -> Collated:
        """Return each target behind a copy of its source, as sequences of their own."""
        encoded = [Encoded(example.source, target) for example in examples for target in example.targets]
        inputs, rows, _ = self.summary_loss.collate(encoded)
        return inputs, rows

    def _packed(self, examples: Sequence[RankedExample]) -> Collated:
        """Return all examples as one row: each source, then its targets without their last tokens."""
        ids: list[int] = []
        rows: list[int] = []
        layout = []
        for example in examples:
            ids += example.source
            last = len(ids) - 1
            for target in example.targets:
                rows += [last, *range(len(ids), len(ids) + len(target) - 1)]
                ids += target[:-1]
            layout.append((len(example.source), tuple(len(target) - 1 for target in example.targets)))
        packing = Packing(tuple(layout))
        inputs = {"input_ids": self._tensor(ids)[None], "position_ids": self._tensor(packing.position_ids())[None]}
        return inputs | {"packing": packing}, self._tensor(rows)

    def _encoder_decoder(self, examples: Sequence[RankedExample]) -> Collated:
        """Return the encoded sources, each repeated for its targets, and the targets as decoder inputs."""
        from transformers.modeling_outputs import BaseModelOutput

        encoded = [Encoded(example.source, target) for example in examples for target in example.targets]
        inputs, rows, _ = self.summary_loss.collate(encoded)
        counts = [len(example.targets) for example in examples]
        first = [sum(counts[:at]) for at in range(len(counts))]
        read = self.summary_loss.model.get_encoder()(
            input_ids=inputs.pop("input_ids")[first], attention_mask=inputs["attention_mask"][first]
        ).last_hidden_state
        repeated = read.repeat_interleave(self._tensor(counts), 0)
        return inputs | {"encoder_outputs": BaseModelOutput(last_hidden_state=repeated)}, rows

    def _tensor(self, numbers: Iterable[int]) -> Tensor:
        return torch.tensor(list(numbers), device=self.summary_loss.device)
