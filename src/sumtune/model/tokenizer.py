"""Load the tokenizer of a base model, and cache it in a form that loads fast."""

import json
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from sumtune.files.records import write_record
from sumtune.model.cached_tokenizer import FACTS, TOKENIZER, CachedTokenizer, Facts, load_cached, tokenizer_entry
from sumtune.model.load import is_encoder_decoder, load_config, load_tokenizer, position_limits
from sumtune.model.vocabulary import vocabulary_size
from sumtune.text.encode import Encoder
from sumtune.text.position_limits import PositionLimits
from sumtune.text.prompt import Prompt

__all__ = ["load_encoder"]

PROBES = (
    "",
    "Ann: Shall we meet at 5 o'clock , maybe ?\nBen: Yes - I'll bring 1,000 « biscuits »; don't worry!",
    "  two  spaces\n\n\tand ünïcödé, 中文, 🙂 <s></s><eos><pad>",
)
"""Texts on which the cached tokenizer must behave exactly like that of transformers."""


class TokenizerMismatchError(Exception):
    """The `tokenizers` library alone behaves differently from the tokenizer of transformers."""


def load_encoder(folder: Path, prompt: Prompt) -> Encoder:
    """Return the encoder of the model in `folder` for `prompt`.

    Raises:
        ModelError: tokenizer or configuration cannot be read, or they do not belong together.
    """
    entry = tokenizer_entry(folder)
    if (cached := entry.find()) is not None:
        with suppress(Exception):  # `tokenizers` raises plain exceptions
            tokenizer, facts = load_cached(cached)
            limits = PositionLimits(facts.encoder_positions, facts.decoder_positions)
            return Encoder(tokenizer, prompt, facts.is_encoder_decoder, limits, facts.rows)
    reference, config = load_tokenizer(folder), load_config(folder)
    limits = position_limits(config)
    encoder = Encoder(reference, prompt, is_encoder_decoder(config), limits, vocabulary_size(config))
    with suppress(Exception):
        (entry.get if cached is None else entry.put)(partial(_save_checked, reference, encoder, limits))
    return encoder


def _save_checked(reference: Any, encoder: Encoder, limits: PositionLimits, folder: Path) -> None:
    """Write a `CachedTokenizer` into `folder` that behaves like `reference` on all probes.

    Raises:
        TokenizerMismatchError: there is no such tokenizer.
    """
    from tokenizers import Tokenizer

    if (raw := getattr(reference, "backend_tokenizer", None)) is None or reference.eos_token_id is None:
        raise TokenizerMismatchError
    raw.no_truncation()
    raw.no_padding()
    facts = Facts(
        encoder.is_encoder_decoder, limits.encoder, limits.decoder, reference.eos_token_id, reference.pad_token_id,
        tuple(reference.all_special_ids), encoder.vocabulary_size,
    )  # fmt: skip
    text = _with_joined_merges(raw.to_str())
    if not _behaves_alike(reference, CachedTokenizer(Tokenizer.from_str(text), facts)):
        raise TokenizerMismatchError
    write_record(folder / FACTS, asdict(facts))
    (folder / TOKENIZER).write_text(text, encoding="utf-8")


def _with_joined_merges(text: str) -> str:
    """Return the same tokenizer with each merge as one string, which takes a third less time to load than pairs."""
    content = json.loads(text)
    merges = content["model"].get("merges", [])
    if all(isinstance(merge, list) and not any(" " in part for part in merge) for merge in merges):
        content["model"]["merges"] = [" ".join(merge) for merge in merges]
    return json.dumps(content, ensure_ascii=False)


def _behaves_alike(reference: Any, cached: CachedTokenizer) -> bool:
    def behaviour(tokenizer: Any) -> list[Any]:
        ids = [tokenizer(text, add_special_tokens=special).input_ids for text in PROBES for special in (True, False)]
        texts = [tokenizer.decode(one, skip_special_tokens=skip) for one in ids for skip in (True, False)]
        tokens = [tokenizer.convert_ids_to_tokens(one) for one in ids]
        batch = tokenizer(list(PROBES), add_special_tokens=False).input_ids
        return [len(tokenizer), ids, texts, tokens, batch, [tokenizer.convert_tokens_to_ids(one) for one in tokens]]

    return behaviour(reference) == behaviour(cached)
