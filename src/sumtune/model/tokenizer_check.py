"""Check that a converted tokenizer keeps the words of its vocabulary whole."""

from typing import Any

from sumtune.errors import ModelError

__all__ = ["require_whole_words"]

LOOKED_AT = 20000
"""Token ids that are searched for words. Those of frequent words come first in most vocabularies."""
SHORTEST_WORD = 4
FEWEST_WORDS = 20
"""With fewer words in the vocabulary, nothing is checked."""


def require_whole_words(tokenizer: Any) -> None:
    """Check that most words of the vocabulary are encoded as one token.

    A version of transformers that loses the merges of a tokenizer encodes each letter by itself, without an error. The
    model then learns from texts of single letters.

    Raises:
        ModelError: most words are split.
    """
    words = [text for text in _texts(tokenizer) if text.isalpha() and len(text) >= SHORTEST_WORD]
    if len(words) < FEWEST_WORDS:
        return
    whole = sum(len(ids) == 1 for ids in tokenizer(words, add_special_tokens=False).input_ids)
    if whole < len(words) / 2:
        import transformers

        raise ModelError(
            f"transformers {transformers.__version__} does not read the tokenizer of this model correctly: it splits "
            f"{len(words) - whole} of {len(words)} words that are in its vocabulary. Install a newer transformers."
        )


def _texts(tokenizer: Any) -> list[str]:
    tokens = range(min(LOOKED_AT, len(tokenizer)))
    return [str(text) for text in tokenizer.batch_decode([[token] for token in tokens])]
