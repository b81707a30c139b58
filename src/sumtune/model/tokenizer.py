"""Tokenizer of a base model, cached in a form that loads fast."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from sumtune.files.cache import Entry, identity_of
from sumtune.files.records import read_record, write_record
from sumtune.model.load import is_encoder_decoder, load_config, load_tokenizer, position_limits
from sumtune.model.vocabulary import vocabulary_size
from sumtune.text.encode import Encoder
from sumtune.text.position_limits import PositionLimits
from sumtune.text.prompt import Prompt
from sumtune.versions import version

__all__ = ["CachedTokenizer", "load_encoder"]

PROBES = (
    "",
    "Ann: Shall we meet at 5 o'clock , maybe ?\nBen: Yes - I'll bring 1,000 « biscuits »; don't worry!",
    "  two  spaces\n\n\tand ünïcödé, 中文, 🙂 <s></s><eos><pad>",
)
"""Texts on which the cached tokenizer must behave exactly like that of transformers."""
SUFFIXES = {".json", ".model", ".txt", ".jinja"}
"""Suffixes of the files from which tokenizers and configurations are read."""
FORMAT = 3
"""Version of the cached files."""
FACTS, TOKENIZER = "facts.json", "tokenizer.json"


@dataclass(frozen=True)
class _Facts:
    """Facts about tokenizer and model that `tokenizer.json` does not contain."""

    is_encoder_decoder: bool
    encoder_positions: int | None
    decoder_positions: int | None
    eos_token_id: int
    pad_token_id: int | None
    all_special_ids: tuple[int, ...]
    rows: int | None
    """Number of embeddings of the model."""


class TokenizerMismatchError(Exception):
    """The `tokenizers` library alone behaves differently from the tokenizer of transformers."""


@dataclass(frozen=True)
class _Ids:
    input_ids: Any
    """Token ids of one text, or a list of them for several texts."""


class CachedTokenizer:
    """The part of the transformers tokenizer API that sumtune uses, on top of the `tokenizers` library alone."""

    def __init__(self, raw: Any, facts: _Facts) -> None:
        """Wrap `raw`, a `tokenizers.Tokenizer`."""
        self._raw = raw
        self.eos_token_id, self.pad_token_id = facts.eos_token_id, facts.pad_token_id
        self.all_special_ids = list(facts.all_special_ids)

    def __len__(self) -> int:
        return int(self._raw.get_vocab_size(with_added_tokens=True))

    def __call__(self, text: str | Sequence[str], add_special_tokens: bool = True) -> _Ids:
        """Return the token ids of `text`, or of each text in a list."""
        if isinstance(text, str):
            return _Ids(self._raw.encode(text, add_special_tokens=add_special_tokens).ids)
        encodings = self._raw.encode_batch_fast(list(text), add_special_tokens=add_special_tokens)
        return _Ids([encoding.ids for encoding in encodings])

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """Return the text of `ids`."""
        return str(self._raw.decode(list(ids), skip_special_tokens=skip_special_tokens))

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary entry of each id."""
        return [self._raw.id_to_token(token) for token in ids]

    def convert_tokens_to_ids(self, tokens: Sequence[str]) -> list[int]:
        """Return the id of each vocabulary entry."""
        return [self._raw.token_to_id(token) for token in tokens]


def load_encoder(folder: Path, prompt: Prompt) -> Encoder:
    """Return the encoder of the model in `folder` for `prompt`.

    Raises:
        ModelError: tokenizer or configuration cannot be read, or they do not belong together.
    """
    entry = _entry_of(folder)
    if (cached := entry.find()) is not None:
        with suppress(Exception):  # `tokenizers` raises plain exceptions
            tokenizer, facts = _load(cached)
            limits = PositionLimits(facts.encoder_positions, facts.decoder_positions)
            return Encoder(tokenizer, prompt, facts.is_encoder_decoder, limits, facts.rows)
    reference, config = load_tokenizer(folder), load_config(folder)
    limits = position_limits(config)
    encoder = Encoder(reference, prompt, is_encoder_decoder(config), limits, vocabulary_size(config))
    with suppress(Exception):
        (entry.get if cached is None else entry.put)(partial(_save_checked, reference, encoder, limits))
    return encoder


def _entry_of(folder: Path) -> Entry:
    made_from = (FORMAT, version("transformers"), version("tokenizers"), identity_of(folder, SUFFIXES))
    return Entry.named("tokenizers", sha256(repr(made_from).encode()).hexdigest()[:16])


def _load(folder: Path) -> tuple[CachedTokenizer, _Facts]:
    from tokenizers import Tokenizer

    facts = _Facts(**read_record(folder / FACTS))
    text = (folder / TOKENIZER).read_text(encoding="utf-8")
    return CachedTokenizer(Tokenizer.from_str(text), facts), facts


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
    facts = _Facts(
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
