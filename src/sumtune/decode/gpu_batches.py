"""Size of the batches that a GPU decodes: as large as its memory allows, because each step has a fixed cost."""

from dataclasses import dataclass
from typing import Any

__all__ = ["MAX_ROWS", "RowBytes"]

MEMORY_SHARE = 0.4
"""Share of the GPU's memory that a batch may take by this estimate."""
LOGIT_BYTES = 16
"""Bytes per vocabulary entry and row: logits, their logarithms and the scores of a search step, in float32."""
CACHE_COPIES = 3
"""A cache that grows or changes its order is copied."""
READING_WIDTHS = 24
"""Values per token while one layer reads the dialogue, as a multiple of the hidden size."""
MAX_ROWS = 2048


@dataclass(frozen=True)
class RowBytes:
    """Estimated memory of a row of a batch. A dialogue has one row per beam."""

    per_row: int
    per_token: int

    @classmethod
    def of(cls, config: Any, itemsize: int) -> "RowBytes":
        """Return the estimate for a Hugging Face `config` and weights of `itemsize` bytes."""
        text = config.get_text_config(decoder=True)
        hidden, layers, heads = text.hidden_size, text.num_hidden_layers, text.num_attention_heads
        width = (getattr(text, "head_dim", None) or hidden // heads) * (
            getattr(text, "num_key_value_heads", 0) or heads
        )
        sides = 2 if config.is_encoder_decoder else 1  # a decoder also caches what it reads from the encoder
        cached = CACHE_COPIES * sides * 2 * layers * width
        return cls(LOGIT_BYTES * text.vocab_size, itemsize * (cached + READING_WIDTHS * hidden))

    def limits(self, memory_bytes: int, beams: int) -> tuple[int, int]:
        """Return how many tokens, padding and summary included, and how many dialogues fit into a batch.

        >>> RowBytes(per_row=1000, per_token=10).limits(memory_bytes=100_000, beams=2)
        (1000, 10)
        """
        half = MEMORY_SHARE * memory_bytes / 2 / beams
        rows = min(half // self.per_row, MAX_ROWS // beams)
        return int(half // self.per_token), max(1, int(rows))
