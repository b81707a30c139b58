"""The tokens that an English summary may consist of: frequent tokens, those of training, and those of the dialogue."""

import re
from typing import Any

from sumtune.model.summary_tokens import SummaryTokens

__all__ = ["frequent_ids", "shortlist_ids", "word_token_ids"]

WORD = re.compile(r"\w+")
SPACE_MARKS = "▁Ġ"
"""How SentencePiece and byte-level vocabularies write the space before a word."""


def word_token_ids(tokenizer: Any, dialogue: str) -> set[int]:
    """Return the token ids of the words of `dialogue`, as tokenized with a space before each word.

    Each word is included unchanged, in lower case, and capitalized.
    """
    words = set(WORD.findall(dialogue))
    forms = {form for word in words for form in (word, word.lower(), word.capitalize())}
    return set(tokenizer("".join(f" {form}" for form in sorted(forms)), add_special_tokens=False).input_ids)


def frequent_ids(tokenizer: Any, count: int) -> list[int]:
    """Return the first `count` token ids, those of single characters, and those of special tokens, ascending.

    Subword vocabularies are ordered by their merges, the most frequent first. Single characters, which may come first
    or last, can spell every other word.
    """
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    special = set(tokenizer.all_special_ids)
    return [at for at, token in enumerate(tokens) if at < count or at in special or len(token.lstrip(SPACE_MARKS)) <= 1]


def shortlist_ids(tokenizer: Any, count: int | None, written: SummaryTokens | None) -> list[int] | None:
    """Return the token ids that every summary may use, ascending; None means the whole vocabulary.

    The list holds the `count` most frequent tokens and those `written` in the training summaries. If these are not
    English, or not known, the whole vocabulary is used.
    """
    if count is None or written is None or not written.english:
        return None
    return sorted({*frequent_ids(tokenizer, count), *written.ids})
