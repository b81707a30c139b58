"""The format `ctranslate2`: a folder for CTranslate2, with tokenizer, prompt and generation settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sumtune.decode.ctranslate2.convert import convert_into
from sumtune.decode.threads import preserve_torch_threads
from sumtune.export.format import write_each
from sumtune.export.source import ExportSource
from sumtune.export.tokenizer_files import (
    PromptTokenizer,
    read_generation,
    write_generation,
    write_prompt_tokens,
    write_tokenizer,
)
from sumtune.model.load import load_config, sliding_window
from sumtune.summarizer import OnProgress

__all__ = ["CTranslate2Format"]

CODE = """```python
import json
from pathlib import Path

import ctranslate2
from transformers import AutoTokenizer

settings = json.loads(Path("generation_config.json").read_text(encoding="utf-8"))
prompt = json.loads(Path("prompt_tokens.json").read_text(encoding="utf-8"))[""]
tokenizer = AutoTokenizer.from_pretrained("tokenizer")
ids = prompt["before"] + tokenizer(dialogue, add_special_tokens=False).input_ids + prompt["after"]
tokens = tokenizer.convert_ids_to_tokens(ids)
search = {{
    "end_token": settings["eos_token_id"],
    "beam_size": settings["num_beams"],
    "length_penalty": settings.get("length_penalty", 1),
    "no_repeat_ngram_size": settings.get("no_repeat_ngram_size", 0),
}}
{write}
summary = tokenizer.decode(written, skip_special_tokens=True).strip()
```"""
GENERATE = """(result,) = ctranslate2.Generator(".").generate_batch(
    [tokens], max_length=settings["max_new_tokens"], min_length=1, include_prompt_in_result=False, **search
)
written = result.sequences_ids[0]"""
TRANSLATE = """(result,) = ctranslate2.Translator(".").translate_batch(
    [tokens], max_decoding_length=settings["max_new_tokens"], min_decoding_length=0, **search
)
written = tokenizer.convert_tokens_to_ids(result.hypotheses[0])"""


class CTranslate2Format:
    """A model folder of CTranslate2, in the number format of the base model."""

    name = "ctranslate2"
    purpose = "CTranslate2 and services built on it"
    runtime = "ctranslate2"
    searches_beams = True

    def forbids_repeats(self, source: ExportSource) -> bool:  # noqa: ARG002  (as in the Protocol)
        """Return True: the code reads one dialogue at a time."""
        return True

    def missing_runtime(self) -> str | None:
        """Return None: sumtune itself needs CTranslate2."""
        return None

    def require_exportable(self, source: ExportSource) -> None:
        """Accept every model; `write` finds out in seconds whether CTranslate2 knows the architecture."""

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt; CTranslate2 4.8 is wrong beyond the window of sliding attention."""
        window, limit = sliding_window(load_config(source.base.folder)), source.prompt.max_source_tokens
        return limit if window is None else min(limit, window - source.encoder.overhead)

    def write(self, source: ExportSource, folder: Path) -> None:
        """Convert the merged model, which CTranslate2 must then read as torch does."""
        number_format = str(source.dtype).removeprefix("torch.")  # int8 of CTranslate2 loses about 0.02 ROUGE-1
        convert_into(folder, source.base.folder, source.adapter, number_format)
        write_tokenizer(source, folder / "tokenizer", template=False)  # apart, as the model has a config.json, too
        write_prompt_tokens(source, folder)
        write_generation(source, folder)

    def open(self, folder: Path) -> "CTranslate2Artefact":
        """Load the model and its tokenizer."""
        return CTranslate2Artefact(folder)

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002  (as in the Protocol)
        """Return code for CTranslate2."""
        return CODE.format(write=TRANSLATE if source.is_encoder_decoder else GENERATE)


class CTranslate2Artefact:
    """A converted model that CTranslate2 runs."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2

        ctranslate2.set_log_level(40)
        self._prompts, self._settings = PromptTokenizer(folder / "tokenizer", folder), read_generation(folder)
        self._is_pair = "decoder_start_token_id" in self._settings
        with preserve_torch_threads():
            self._model: Any = (ctranslate2.Translator if self._is_pair else ctranslate2.Generator)(str(folder))

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`."""
        return self._prompts.ids(dialogue, style)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`."""

        def write(dialogue: str, style: str) -> str:
            return self._prompts.text(self._write(self.prompt_ids(dialogue, style)))

        return write_each(write, dialogues, styles, progress)

    def _write(self, source: list[int]) -> list[int]:
        settings, tokenizer = self._settings, self._prompts.tokenizer
        tokens, limit = [tokenizer.convert_ids_to_tokens(source)], settings["max_new_tokens"]
        options = {"end_token": settings["eos_token_id"], "beam_size": settings["num_beams"],
                   "length_penalty": settings.get("length_penalty", 1),
                   "no_repeat_ngram_size": settings.get("no_repeat_ngram_size", 0)}  # fmt: skip
        if self._is_pair:
            (result,) = self._model.translate_batch(tokens, max_decoding_length=limit, min_decoding_length=0, **options)
            return list(tokenizer.convert_tokens_to_ids(result.hypotheses[0]))
        (result,) = self._model.generate_batch(
            tokens, max_length=limit, min_length=1, include_prompt_in_result=False, **options
        )
        return list(result.sequences_ids[0])
