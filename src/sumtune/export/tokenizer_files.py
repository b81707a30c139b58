"""Tokenizer, prompt and generation settings in a folder that transformers reads; shared by several formats."""

import json
from pathlib import Path
from typing import Any

from sumtune.export.chat_template import exact_template, render_ids
from sumtune.export.source import ExportSource
from sumtune.files.atomic import write_json
from sumtune.model.load import load_config, load_tokenizer

__all__ = [
    "GENERATION",
    "PROMPT_TOKENS",
    "PromptTokenizer",
    "read_generation",
    "write_generation",
    "write_prompt_tokens",
    "write_tokenizer",
]

GENERATION, PROMPT_TOKENS = "generation_config.json", "prompt_tokens.json"


def write_tokenizer(source: ExportSource, folder: Path, *, template: bool) -> None:
    """Write the tokenizer of the base model into `folder`, with the prompt as a chat template if `template` is True.

    There is no template if it would not give the tokens that the model was tuned with.
    """
    tokenizer = load_tokenizer(source.base.folder)
    tokenizer.chat_template = exact_template(source.encoder, tokenizer) if template else None
    tokenizer.save_pretrained(folder)


def write_prompt_tokens(source: ExportSource, folder: Path) -> None:
    """Write `prompt_tokens.json`: the token ids before and after a dialogue, by style ("" for none)."""
    arounds = {style: source.encoder.around(style) for style in ("", *(source.prompt.styles or ()))}
    write_json(folder / PROMPT_TOKENS, {style: {"before": one, "after": two} for style, (one, two) in arounds.items()})


def write_generation(source: ExportSource, folder: Path) -> None:
    """Write end marks, limits and search into `generation_config.json`, which transformers and vLLM read."""
    from transformers import GenerationConfig

    config, tokenizer, beams = load_config(source.base.folder), load_tokenizer(source.base.folder), source.decode.beams
    pad, rows = tokenizer.pad_token_id, source.encoder.vocabulary_size
    settings = {
        "do_sample": False,
        "max_new_tokens": source.prompt.max_target_tokens,
        "min_new_tokens": 0 if source.is_encoder_decoder else 1,
        "eos_token_id": source.encoder.end_ids,
        "pad_token_id": pad if pad is not None and (rows is None or pad < rows) else tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "decoder_start_token_id": getattr(config, "decoder_start_token_id", None),
        "num_beams": beams,
        "no_repeat_ngram_size": source.search.no_repeat_ngram_size or None,
        "length_penalty": source.decode.length_penalty if beams > 1 else None,
        "early_stopping": True if beams > 1 else None,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    GenerationConfig(**given).save_pretrained(folder)  # type: ignore[no-untyped-call]


def read_generation(folder: Path) -> dict[str, Any]:
    """Return the content of `generation_config.json`."""
    return dict(json.loads((folder / GENERATION).read_text(encoding="utf-8")))


class PromptTokenizer:
    """The tokenizer of an export; it makes prompts from its chat template or, without one, `prompt_tokens.json`."""

    def __init__(self, folder: Path, prompt_folder: Path | None = None) -> None:
        """Read the tokenizer in `folder`, and `prompt_tokens.json` there or in `prompt_folder`."""
        self.tokenizer = load_tokenizer(folder)
        self._tokens = json.loads(((prompt_folder or folder) / PROMPT_TOKENS).read_text(encoding="utf-8"))

    def ids(self, dialogue: str, style: str = "") -> list[int]:
        """Return the token ids of the prompt with a dialogue."""
        if self.tokenizer.chat_template is not None:
            return render_ids(self.tokenizer, dialogue, style)
        around = self._tokens[style]
        return [*around["before"], *self.tokenizer(dialogue, add_special_tokens=False).input_ids, *around["after"]]

    def text(self, ids: list[int]) -> str:
        """Return the text of generated ids."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).strip()
