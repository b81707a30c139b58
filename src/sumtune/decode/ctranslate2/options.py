"""Search settings as options of CTranslate2."""

from typing import Any

from sumtune.decode.search_settings import SearchSettings
from sumtune.text.encode import Encoder

__all__ = ["counts_prompts", "search_options"]


def search_options(search: SearchSettings) -> dict[str, Any]:
    """Return the options of `generate_batch` and `translate_batch` for `search`."""
    return {
        "beam_size": search.beams, "length_penalty": search.length_penalty,
        "no_repeat_ngram_size": search.no_repeat_ngram_size,
    }  # fmt: skip


def counts_prompts(encoder: Encoder, search: SearchSettings) -> bool:
    """Return whether CTranslate2 takes parts of prompts for parts of summaries when it looks for repeats.

    It does so for decoder-only models, for what a prompt has more than the shortest one of its batch. So only prompts
    of the same length may share a batch.
    """
    return search.no_repeat_ngram_size > 0 and not encoder.is_encoder_decoder
