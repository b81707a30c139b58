"""The output layer, computed only for tokens that a summary is likely to use."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property, partial

import torch
from torch import Tensor
from torch.nn.functional import linear

from sumtune.kernels.build import Kernels
from sumtune.kernels.int8 import Int8Matrix
from sumtune.memory import unmap_pages

__all__ = ["BatchVocabulary", "OutputLayer", "Product", "product_maker"]

ROWS_AT_ONCE = 16384
"""Rows of the output layer that are converted to another format at a time, to save memory."""

Product = Callable[[Tensor], Tensor]
"""Hidden states (rows, features) → logits (rows, columns) in float32."""


def product_maker(quantization: str, dtype: torch.dtype, kernels: Kernels) -> Callable[[Tensor], Product]:
    """Return a function that makes the `Product` of a weight (columns, features), computed in 8 bits or in `dtype`."""
    if quantization == "int8":
        return lambda weight: partial(Int8Matrix.quantized(kernels, weight.to(dtype)).product, dtype=torch.float32)
    return lambda weight: lambda hidden: linear(hidden, weight.to(dtype)).float()


class OutputLayer:
    """An output layer that computes logits of a shortlist of tokens, or of the whole vocabulary.

    The shortlist is chosen as by Jean et al. 2015 (https://aclanthology.org/P15-1001): frequent tokens, and those of
    the source text.
    """

    def __init__(
        self, weight: Tensor, make_product: Callable[[Tensor], Product], listed: Tensor | None, product: Product
    ) -> None:
        """`weight` (vocabulary, features); `product` computes the tokens `listed`, or all if `listed` is None."""
        self._weight, self._make_product, self._product = weight, make_product, product
        self._listed = torch.arange(len(weight)) if listed is None else listed

    @property
    def is_short(self) -> bool:
        """False if every token is on the list."""
        return len(self._listed) < len(self._weight)

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self._listed.tolist())

    def batch_vocabulary(self, allowed: Sequence[Collection[int]]) -> "BatchVocabulary":
        """Return the vocabulary of a batch: each dialogue has the listed tokens and those `allowed` to it alone."""
        own = [{token for token in ids if token < len(self._weight)} - self._known for ids in allowed]
        more = sorted(set().union(*own))
        if not more:
            return BatchVocabulary(self._listed, [self._product])
        forbidden = torch.tensor([[token not in ids for token in more] for ids in own])
        ids = torch.tensor(more)
        products = [self._product, self._make_product(self._weight[ids])]
        return BatchVocabulary(torch.cat([self._listed, ids]), products, forbidden)

    def whole_vocabulary(self) -> "BatchVocabulary":
        """Return the whole vocabulary."""
        if not self.is_short:
            return BatchVocabulary(self._listed, [self._product])
        unlisted, products = self._unlisted
        return BatchVocabulary(torch.cat([self._listed, unlisted]), [self._product, *products])

    @cached_property
    def _unlisted(self) -> tuple[Tensor, list[Product]]:
        """Ids of the tokens that are not on the list, and their products; made on first use."""
        is_unlisted = torch.ones(len(self._weight), dtype=torch.bool)
        is_unlisted[self._listed] = False
        ids, weight = is_unlisted.nonzero()[:, 0], self._weight
        parts = [ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE)]
        products = [self._make_product(weight[part]) for part in parts]
        unmap_pages([(weight.data_ptr(), weight.nbytes)])
        return ids, products


class BatchVocabulary:
    """The tokens that one batch may write. Each token has a column in the logits."""

    def __init__(self, ids: Tensor, products: Sequence[Product], forbidden: Tensor | None = None) -> None:
        """`ids` (columns,) are the token ids of the columns of all `products`, side by side.

        `forbidden` (dialogues, columns of the last product) is True where a dialogue may not use a token.
        """
        self.ids, self._products, self._forbidden = ids, products, forbidden

    def logits(self, hidden: Tensor, dialogues: Tensor | None = None) -> Tensor:
        """Return (rows, columns) float32 for `hidden` (rows, features).

        `dialogues` (rows,) are the places of the rows' dialogues in the batch; by default, each dialogue has equally
        many rows.
        """
        parts = [product(hidden) for product in self._products]
        if self._forbidden is not None:
            if dialogues is None:
                dialogues = torch.arange(len(self._forbidden)).repeat_interleave(len(hidden) // len(self._forbidden))
            parts[-1].masked_fill_(self._forbidden[dialogues], -torch.inf)
        return torch.cat(parts, 1) if len(parts) > 1 else parts[0]

    def columns(self, ids: Sequence[int]) -> list[int]:
        """Return the columns of the tokens `ids`."""
        return torch.isin(self.ids, torch.tensor(ids)).nonzero()[:, 0].tolist()

    def keep(self, dialogues: Tensor) -> None:
        """Drop all dialogues of the batch except these."""
        if self._forbidden is not None:
            self._forbidden = self._forbidden[dialogues]
