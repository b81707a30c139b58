"""The tuned model that is exported."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_summarizer
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.unsupported import UnsupportedError
from sumtune.files.run_dir import RunDir
from sumtune.model.adapter_files import read_settings
from sumtune.model.load import load_config
from sumtune.model.locate import LocalModel, locate
from sumtune.model.tokenizer import load_encoder
from sumtune.report.view.facts import GEMMA_NOTICE
from sumtune.summarizer import Summarizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

__all__ = ["ExportSource", "read_source"]


@dataclass(frozen=True)
class ExportSource:
    """Adapter and base model, with everything that their summaries depend on."""

    adapter: Path
    base: LocalModel
    encoder: Encoder
    decode: DecodeConfig
    device: str
    """Device on which the tuned model generates, as in its settings."""

    @property
    def prompt(self) -> Prompt:
        """The prompt, with limits that fit the positions of the model."""
        return self.encoder.prompt

    @property
    def is_encoder_decoder(self) -> bool:
        """True for T5 and BART, False for Gemma, Llama and Qwen."""
        return self.encoder.is_encoder_decoder

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the base model's weights, as its configuration says."""
        return getattr(load_config(self.base.folder), "dtype", None) or torch.float32

    @property
    def notice(self) -> str | None:
        """Terms that bind the exported weights; None if none are known."""
        return GEMMA_NOTICE if str(load_config(self.base.folder).model_type).startswith("gemma") else None

    @property
    def search(self) -> SearchSettings:
        """How the tuned model searches."""
        return SearchSettings.of(self.decode, self.prompt)

    def with_search(self, *, beams: bool, repeats_forbidden: bool) -> "ExportSource":
        """Return the same model, greedy unless `beams` is True, and free to repeat unless `repeats_forbidden` is.

        It may repeat words in any case, because no export counts them.
        """
        greedy = {} if beams else {"beams": 1}
        free = {} if repeats_forbidden else {"no_repeat_ngram_size": 0}
        return replace(self, decode=self.decode.model_copy(update={"no_repeat_words": 0} | greedy | free))

    def summarizer(self) -> Summarizer:
        """Return the summarizer that `sumtune summarize` uses."""
        return self._build(self.decode, self.device)

    def exact_summarizer(self) -> Summarizer:
        """Return a summarizer that computes in float32 over the whole vocabulary: our kernels, or torch without them.

        Unlike CTranslate2, neither writes an engine file.
        """
        exact = self.decode.model_copy(update={"quantization": "float32", "shortlist": None, "engine": "native"})
        if not self.is_encoder_decoder:
            with suppress(UnsupportedError):
                return self._build(exact, "cpu")
        return self._build(exact.model_copy(update={"engine": "torch"}), "cpu")

    def _build(self, decode: DecodeConfig, device: str) -> Summarizer:
        return build_summarizer(self.base, self.adapter, self.prompt, decode, device, self.encoder)


def read_source(run_dir: RunDir) -> ExportSource:
    """Return the tuned model of a run.

    Raises:
        RunDirError: the folder holds no trained adapter.
        ModelError: a file of the adapter is damaged, or its base model is missing.
    """
    adapter = run_dir.require(run_dir.adapter, "train")
    settings, prompt = read_settings(adapter), Prompt.load(adapter)
    base = locate(settings.model.name, settings.model.revision)
    return ExportSource(adapter, base, load_encoder(base.folder, prompt), settings.decode, settings.model.device)
