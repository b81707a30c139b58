"""The tokens that summaries are written with: the most frequent ones, and those of the dialogue's own words."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["OutputLayer", "Product", "Words", "frequent_ids", "ids_of_words"]

WORD = re.compile(r"\w+")
WORD_BEGINS = "▁Ġ"
"""What a space in front of a word is in the tokens of SentencePiece and of byte-level vocabularies."""

Product = Callable[[Tensor], Tensor]
"""Hidden states (rows, features) to logits (rows, columns) in float32."""


def ids_of_words(tokenizer: Any, dialogue: str) -> set[int]:
    """Ids of the words of `dialogue` as they stand after a space: as written, small, and with a capital."""
    words = set(WORD.findall(dialogue))
    forms = {form for word in words for form in (word, word.lower(), word.capitalize())}
    return set(tokenizer("".join(f" {form}" for form in sorted(forms)), add_special_tokens=False).input_ids)


def frequent_ids(tokenizer: Any, count: int) -> list[int]:
    """The first `count` tokens, all of one character, and those that have no text (marks), ascending.

    Vocabularies of subwords are in the order of their merges, the most frequent first; single characters may stand
    first or last. With them whatever is left out can still be spelled.
    """
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    special = set(tokenizer.all_special_ids)
    return [at for at, token in enumerate(tokens) if at < count or at in special or len(token.lstrip(WORD_BEGINS)) <= 1]


class OutputLayer:
    """An output layer whose product is only taken for tokens that are likely to be written.

    Jean et al. 2015 (https://aclanthology.org/P15-1001) choose them so, too: the frequent ones and by the source text.
    """

    def __init__(
        self, weight: Tensor, make_product: Callable[[Tensor], Product], frequent: Tensor | None, product: Product
    ) -> None:
        """`weight` (vocabulary, features); `product` is that of the tokens `frequent`, None the whole vocabulary."""
        self._weight, self._make_product, self._product = weight, make_product, product
        self._known = None if frequent is None else set(frequent.tolist())
        self._frequent = torch.arange(len(weight)) if frequent is None else frequent

    @property
    def is_short(self) -> bool:
        """False where every token is there for all dialogues."""
        return self._known is not None

    def words(self, allowed: Sequence[Collection[int]]) -> "Words":
        """What dialogues may be summarized with, each with the frequent tokens and those `allowed` to it alone."""
        if self._known is None:
            return Words(self._frequent, self._product)
        own = [{at for at in ids if at < len(self._weight)} - self._known for ids in allowed]
        more = sorted(set().union(*own))
        if not more:
            return Words(self._frequent, self._product)
        barred = torch.tensor([[token not in ids for token in more] for ids in own])
        ids = torch.tensor(more)
        return Words(torch.cat([self._frequent, ids]), self._product, self._make_product(self._weight[ids]), barred)


class Words:
    """Logits of the tokens that one batch may be written with; a token is known by its column."""

    def __init__(self, ids: Tensor, product: Product, own: Product | None = None, barred: Tensor | None = None) -> None:
        """`ids` (columns,) are token ids; `barred` (dialogues, columns of `own`) is True where one may not."""
        self.ids, self._product, self._own, self._barred = ids, product, own, barred

    def logits(self, hidden: Tensor) -> Tensor:
        """(rows, columns) float32 of `hidden` (rows, features), as many rows of each dialogue."""
        frequent = self._product(hidden)
        if self._own is None or self._barred is None:
            return frequent
        own = self._own(hidden)
        own.view(len(self._barred), -1, own.shape[1]).masked_fill_(self._barred[:, None], -torch.inf)
        return torch.cat([frequent, own], 1)

    def columns(self, ids: Sequence[int]) -> list[int]:
        """Where `ids` stand."""
        return torch.isin(self.ids, torch.tensor(ids)).nonzero()[:, 0].tolist()

    def keep(self, dialogues: Tensor) -> None:
        """Goes on with these `dialogues` only."""
        if self._barred is not None:
            self._barred = self._barred[dialogues]
