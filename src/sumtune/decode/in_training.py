"""Greedy summaries from a model while it is trained.

The native engine uses the layers of the model as they are. It copies only the shortlisted rows of the output layer, so
building it takes little time.
"""

from typing import Any

from sumtune.config import DecodeConfig
from sumtune.decode.native.engine_weights import live_engine_weights
from sumtune.decode.native.shortlist import shortlist_ids
from sumtune.decode.native.summarizer import NativeSummarizer
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.torch import TorchSummarizer
from sumtune.kernels.build import Kernels
from sumtune.model.fuse import reads_only_whole_sequences
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.text.encode import Encoder

__all__ = ["summarizer_in_training"]


def summarizer_in_training(
    model: Any, encoder: Encoder, decode: DecodeConfig, written: SummaryTokens | None, kernels: Kernels | None
) -> NativeSummarizer | TorchSummarizer:
    """Return a greedy summarizer that computes with the layers of `model` and its adapter, as they are at each call.

    `model` is a Hugging Face model with dropout off, fused with `kernels` if they are not None; `written` are the
    tokens of the training summaries. If the attention of a decoder-only model is fused, the native engine generates
    in the number format of the training, otherwise transformers' `generate`.

    Raises:
        UnsupportedError: the attention of `model` is fused, but the native engine does not know its other layers.
    """
    search, batch_tokens = SearchSettings.of(decode, encoder.prompt).with_beams(1), decode.batch_tokens
    if kernels is not None and reads_only_whole_sequences(model):
        listed = shortlist_ids(encoder.tokenizer, decode.shortlist, written)
        engine = live_engine_weights(model, kernels, listed)
        return NativeSummarizer(engine, encoder, kernels, search=search, batch_tokens=batch_tokens)
    return TorchSummarizer(model, encoder, search=search, batch_tokens=batch_tokens)
