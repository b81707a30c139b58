"""The tokens that English summaries are written with: frequent ones, those of training, and those of the dialogue."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from sumtune.memory import unmap_pages
from sumtune.model.summary_tokens import SummaryTokens

__all__ = ["BatchVocabulary", "OutputLayer", "Product", "frequent_ids", "shortlist_ids", "word_token_ids"]

WORD = re.compile(r"\w+")
WORD_BEGINS = "▁Ġ"
"""What a space in front of a word is in the tokens of SentencePiece and of byte-level vocabularies."""

ROWS_AT_ONCE = 16384
"""Rows of the output layer that are put into another format together: more need much memory for a moment."""

Product = Callable[[Tensor], Tensor]
"""Hidden states (rows, features) to logits (rows, columns) in float32."""


def word_token_ids(tokenizer: Any, dialogue: str) -> set[int]:
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


def shortlist_ids(tokenizer: Any, count: int | None, written: SummaryTokens | None) -> list[int] | None:
    """The tokens that every dialogue may be summarized with, ascending; None is the whole vocabulary.

    These are the `count` most frequent tokens and those `written` in the training summaries. Where these are not
    English, or not known, it is the whole vocabulary.
    """
    if count is None or written is None or not written.english:
        return None
    return sorted({*frequent_ids(tokenizer, count), *written.ids})


class OutputLayer:
    """An output layer whose product is only taken for tokens that are likely to be written.

    Jean et al. 2015 (https://aclanthology.org/P15-1001) choose them so, too: the frequent ones and by the source text.
    """

    def __init__(
        self, weight: Tensor, make_product: Callable[[Tensor], Product], listed: Tensor | None, product: Product
    ) -> None:
        """`weight` (vocabulary, features); `product` is that of the tokens `listed`, None the whole vocabulary."""
        self._weight, self._make_product, self._product = weight, make_product, product
        self._listed = torch.arange(len(weight)) if listed is None else listed

    @property
    def is_short(self) -> bool:
        """False where every token is on the list."""
        return len(self._listed) < len(self._weight)

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self._listed.tolist())

    def batch_vocabulary(self, allowed: Sequence[Collection[int]]) -> "BatchVocabulary":
        """What dialogues may be summarized with, each with the listed tokens and those `allowed` to it alone."""
        own = [{token for token in ids if token < len(self._weight)} - self._known for ids in allowed]
        more = sorted(set().union(*own))
        if not more:
            return BatchVocabulary(self._listed, [self._product])
        barred = torch.tensor([[token not in ids for token in more] for ids in own])
        ids = torch.tensor(more)
        products = [self._product, self._make_product(self._weight[ids])]
        return BatchVocabulary(torch.cat([self._listed, ids]), products, barred)

    def whole_vocabulary(self) -> "BatchVocabulary":
        """The whole vocabulary."""
        if not self.is_short:
            return BatchVocabulary(self._listed, [self._product])
        unlisted, products = self._unlisted
        return BatchVocabulary(torch.cat([self._listed, unlisted]), [self._product, *products])

    @cached_property
    def _unlisted(self) -> tuple[Tensor, list[Product]]:
        """Ids of the tokens that are not on the list, and their products, which are made when they are first needed."""
        is_unlisted = torch.ones(len(self._weight), dtype=torch.bool)
        is_unlisted[self._listed] = False
        ids, weight = is_unlisted.nonzero()[:, 0], self._weight
        parts = [ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE)]
        products = [self._make_product(weight[part]) for part in parts]
        unmap_pages([(weight.data_ptr(), weight.nbytes)])
        return ids, products


class BatchVocabulary:
    """Logits of the tokens that one batch may be written with; a token is known by its column."""

    def __init__(self, ids: Tensor, products: Sequence[Product], barred: Tensor | None = None) -> None:
        """`ids` (columns,) are the token ids of the columns of all `products`, side by side.

        `barred` (dialogues, columns of the last product) is True where one may not.
        """
        self.ids, self._products, self._barred = ids, products, barred

    def logits(self, hidden: Tensor) -> Tensor:
        """(rows, columns) float32 of `hidden` (rows, features), as many rows of each dialogue."""
        parts = [product(hidden) for product in self._products]
        if self._barred is not None:
            parts[-1].view(len(self._barred), -1, parts[-1].shape[1]).masked_fill_(self._barred[:, None], -torch.inf)
        return torch.cat(parts, 1) if len(parts) > 1 else parts[0]

    def columns(self, ids: Sequence[int]) -> list[int]:
        """Where `ids` stand."""
        return torch.isin(self.ids, torch.tensor(ids)).nonzero()[:, 0].tolist()

    def keep(self, dialogues: Tensor) -> None:
        """Goes on with these `dialogues` only."""
        if self._barred is not None:
            self._barred = self._barred[dialogues]
