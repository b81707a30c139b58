"""Which tokens start a word."""

from typing import Any

__all__ = ["word_starts"]

MARKS = ("▁", "Ġ", "\n", "Ċ", "<0x0A>")
"""How tokens begin that start a word: the spaces of SentencePiece and of byte-level tokenizers, and line breaks."""


def word_starts(tokenizer: Any, size: int) -> list[bool]:
    """Return whether the token of each id below `size` starts a word. `tokenizer` is a Hugging Face tokenizer.

    In languages without spaces, hardly any token starts a word.
    """
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, len(tokenizer)))))
    starts = [token is not None and token.startswith(MARKS) for token in tokens]
    return starts + [False] * (size - len(starts))  # embeddings without a token
