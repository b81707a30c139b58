"""Build the summarizer of a base model and an adapter: the fastest engine that this machine and model allow."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Literal

import torch

from sumtune.config import DecodeConfig
from sumtune.data.embedded import embedded_pairs
from sumtune.decode.ctranslate2.convert import convert
from sumtune.decode.ctranslate2.summarizer import CTranslate2Summarizer
from sumtune.decode.engine_entry import engine_entry
from sumtune.decode.long_dialogues import LongDialogueSummarizer
from sumtune.decode.native.engine_cache import FORMAT, load_cached, make_cached
from sumtune.decode.native.engine_weights import EngineWeights, make_engine_weights
from sumtune.decode.native.shortlist import shortlist_ids
from sumtune.decode.native.summarizer import NativeSummarizer
from sumtune.decode.native.weights import UnfitError
from sumtune.decode.routed import RoutedSummarizer
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.torch import TorchSummarizer
from sumtune.decode.unsupported import UnsupportedError
from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import load_kernels, why_no_kernels
from sumtune.model.adapter_files import read_settings
from sumtune.model.load import load_config, sliding_window
from sumtune.model.locate import LocalModel, locate
from sumtune.model.merge import load_merged
from sumtune.model.precision import available_device, choose_precision
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.model.tokenizer import load_encoder
from sumtune.summarizer import Summarizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

__all__ = [
    "ReportFallback",
    "TunedModel",
    "build_for_any_length",
    "build_summarizer",
    "load_tuned",
    "why_not_native",
]

ReportFallback = Callable[[str], None]
"""Callback that gets the reason, as a sentence, why a faster engine cannot be used."""

NO_SUMMARY_TOKENS = SummaryTokens((), english=True)
"""Stands for the summary tokens of a base model: English dialogues get a shortlist, others the whole vocabulary."""

logger = logging.getLogger(__name__)


@cache
def _log_once(reason: str) -> None:
    logger.log(logging.INFO if load_kernels(cache_dir() / "kernels") else logging.WARNING, "%s", reason)


@dataclass(frozen=True)
class TunedModel:
    """A tuned summarizer, its token counter, and its name."""

    summarizer: Summarizer
    count_tokens: Callable[[Sequence[str]], list[int]]
    """Returns the number of tokens of each dialogue."""
    max_source_tokens: int
    long: Literal["parts", "truncate"]
    """How a dialogue with more tokens than `max_source_tokens` is read."""
    name: str
    styles: tuple[str, ...] | None = None
    """The styles that it was tuned with; None if it was tuned without."""

    def for_any_length(self) -> LongDialogueSummarizer:
        """Return a summarizer that also accepts dialogues longer than `max_source_tokens`."""
        return LongDialogueSummarizer(self.summarizer, self.count_tokens, self.max_source_tokens, self.long)


def load_tuned(adapter: Path, beams: int | None = None, report_fallback: ReportFallback = _log_once) -> TunedModel:
    """Load the summarizer of an adapter folder, with the model, prompt and decoding of its training and evaluation.

    Raises:
        ModelError: the folder is not an adapter of sumtune, a file in it is damaged, or its base model is missing.
    """
    settings, prompt = read_settings(adapter), Prompt.load(adapter)
    decode = settings.decode.model_copy(update={"beams": beams} if beams else {})
    source = locate(settings.model.name, settings.model.revision)
    encoder = load_encoder(source.folder, prompt)
    summarizer = build_summarizer(source, adapter, prompt, decode, settings.model.device, encoder, report_fallback)
    return TunedModel(
        summarizer, encoder.count, encoder.prompt.max_source_tokens, encoder.prompt.long, f"{source.name} + LoRA",
        prompt.styles,
    )  # fmt: skip


def build_for_any_length(
    source: LocalModel, adapter: Path | None, prompt: Prompt, decode: DecodeConfig, device: str = "auto"
) -> LongDialogueSummarizer:
    """Return the summarizer of `build_summarizer`, wrapped to read dialogues of any length as `prompt` says."""
    encoder = load_encoder(source.folder, prompt)
    summarizer = build_summarizer(source, adapter, prompt, decode, device, encoder)
    return LongDialogueSummarizer(summarizer, encoder.count, encoder.prompt.max_source_tokens, encoder.prompt.long)


def build_summarizer(
    source: LocalModel, adapter: Path | None, prompt: Prompt, decode: DecodeConfig, device: str = "auto",
    encoder: Encoder | None = None, report_fallback: ReportFallback = _log_once,
) -> Summarizer:  # fmt: skip
    """Return a summarizer of the base model `source`, with the adapter in the folder `adapter` if one is given.

    `encoder` is loaded from `source` and `prompt` if it is None.

    Raises:
        ModelError: the model or the adapter cannot be read.
        UnsupportedError: `decode` names an engine that does not support the model, or cannot run here.
    """
    encoder, place = encoder or load_encoder(source.folder, prompt), available_device(device)

    @cache
    def torch_summarizer() -> TorchSummarizer:
        dtype = torch.float32 if place.type == "cpu" else choose_precision("auto", place).dtype
        model = load_merged(source.folder, adapter, dtype, place)
        search = SearchSettings.of(decode, encoder.prompt)
        return TorchSummarizer(model, encoder, search=search, batch_tokens=decode.batch_tokens)

    if decode.engine == "torch" or (decode.engine == "auto" and place.type != "cpu"):
        summarizer: Summarizer = torch_summarizer()
    else:
        summarizer = _fastest(source, adapter, encoder, decode, torch_summarizer, report_fallback)
    logger.info("%s generates with %s", adapter or source.name, summarizer.engine)
    return summarizer


def _fastest(
    source: LocalModel, adapter: Path | None, encoder: Encoder, decode: DecodeConfig,
    torch_summarizer: Callable[[], TorchSummarizer], report_fallback: ReportFallback,
) -> Summarizer:  # fmt: skip
    """Return the engine that `decode` names; for `auto`, the fastest one that runs here and supports the model."""
    if decode.engine == "native" or (decode.engine == "auto" and not encoder.is_encoder_decoder):
        try:
            return _native_summarizer(source, adapter, encoder, decode)
        except UnsupportedError as error:
            if decode.engine == "native":
                raise
            report_fallback(str(error))
    try:
        fast = _ctranslate2_summarizer(source, adapter, encoder, decode, torch_summarizer)
    except UnsupportedError as error:
        if decode.engine == "ctranslate2":
            raise
        report_fallback(str(error))
        return torch_summarizer()
    window = sliding_window(load_config(source.folder))
    if window is None or encoder.prompt.max_source_tokens + encoder.overhead <= window:
        return fast

    def is_over_window(dialogue: str) -> bool:
        (tokens,) = encoder.count([dialogue])
        return min(tokens, encoder.prompt.max_source_tokens) + encoder.overhead > window

    return RoutedSummarizer(fast, torch_summarizer, is_over_window)


def why_not_native() -> str | None:
    """Return the reason why the native engine cannot run on this machine, as the end of a sentence; None if it can."""
    if not hasattr(torch, "_int_mm"):
        return "this version of torch has no 8-bit integer products"
    return why_no_kernels(cache_dir() / "kernels")


def _native_summarizer(
    source: LocalModel, adapter: Path | None, encoder: Encoder, decode: DecodeConfig
) -> NativeSummarizer:
    reason, kernels = why_not_native(), load_kernels(cache_dir() / "kernels")
    if reason is not None or kernels is None:
        raise UnsupportedError(f"The native engine cannot be used: {reason}.")
    written = SummaryTokens.load(adapter, len(encoder.tokenizer)) if adapter else NO_SUMMARY_TOKENS
    quantization = decode.quantization
    finish = partial(
        NativeSummarizer, encoder=encoder, kernels=kernels, search=SearchSettings.of(decode, encoder.prompt),
        batch_tokens=decode.batch_tokens,
    )  # fmt: skip

    def make() -> EngineWeights:
        begun, cpu = time.monotonic(), torch.device("cpu")
        dtype = choose_precision("auto", cpu).dtype if quantization == "int8" else torch.float32
        model = load_merged(source.folder, adapter, dtype, cpu)
        listed = shortlist_ids(encoder.tokenizer, decode.shortlist, written)
        weights = make_engine_weights(model, kernels, quantization, listed, _calibration_texts(encoder))
        return replace(weights, setup_s=time.monotonic() - begun)

    if quantization != "int8":
        return finish(make())
    settings = (FORMAT, quantization, decode.shortlist, written, kernels.label)
    entry = engine_entry("native", source, adapter, settings)
    cached = load_cached(entry, source.folder)
    if cached is not None:
        with suppress(UnfitError):
            return finish(cached)
    return finish(make_cached(entry, source.folder, make, replaces=cached is not None))


def _calibration_texts(encoder: Encoder) -> list[list[int]]:
    """Return the token ids of a few conversations with their summaries."""
    return [[*encoder.source(dialogue), *encoder.target(summary)] for dialogue, summary in embedded_pairs("validation")]


def _ctranslate2_summarizer(
    source: LocalModel, adapter: Path | None, encoder: Encoder, decode: DecodeConfig,
    torch_summarizer: Callable[[], TorchSummarizer],
) -> CTranslate2Summarizer:  # fmt: skip
    entry = engine_entry("ctranslate2", source, adapter, decode.quantization)
    return CTranslate2Summarizer(
        convert(source.folder, adapter, decode.quantization, entry),
        encoder,
        search=SearchSettings.of(decode, encoder.prompt),
        batch_tokens=decode.batch_tokens,
        sampler=torch_summarizer,
    )
