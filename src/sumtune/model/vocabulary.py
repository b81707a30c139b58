"""Vocabulary size of a model, and the check that every token id has an embedding."""

from collections.abc import Iterable
from typing import Any

from sumtune.errors import ModelError
from sumtune.text.encode import Encoded

__all__ = ["require_known_ids", "vocabulary_size"]


def vocabulary_size(config: Any) -> int | None:
    """Return the number of embeddings (rows) in a Hugging Face configuration, or None if it names none.

    Weights with another number of rows fail to load, so the configuration is enough.

    Raises:
        ModelError: the decoder's start token has no embedding.
    """
    rows = getattr(config.get_text_config(decoder=True), "vocab_size", None)
    start = getattr(config, "decoder_start_token_id", None)
    if rows is not None and start is not None and not 0 <= start < rows:
        raise ModelError(
            f"The model's decoder starts with the id {start}, but the model has only {rows:,} embeddings: correct "
            "`decoder_start_token_id` in its config.json."
        )
    return rows


def require_known_ids(model: Any, examples: Iterable[Encoded]) -> None:
    """Check that `model` has an embedding for each token id in `examples`.

    Raises:
        ModelError: an id has no embedding.
    """
    rows = min(len(layer.weight) for layer in (model.get_input_embeddings(), model.get_output_embeddings()))
    for example in examples:
        tokens = example.source + example.target
        token = max(tokens) if min(tokens) >= 0 else min(tokens)
        if not 0 <= token < rows:
            raise ModelError(
                f"The encoded examples have the id {token}, but the model has only {rows:,} embeddings: the "
                "model has changed, or data_transformation/ is damaged. Delete that folder and repeat the command."
            )
