"""The cached tokenizer of a base model. It needs the `tokenizers` library alone, which loads fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sumtune.files.cache import Entry, identity_of
from sumtune.files.records import read_record
from sumtune.versions import version

__all__ = ["FACTS", "TOKENIZER", "CachedTokenizer", "Facts", "find_tokenizer", "load_cached", "tokenizer_entry"]

SUFFIXES = {".json", ".model", ".txt", ".jinja"}
"""Suffixes of the files from which tokenizers and configurations are read."""
FORMAT = 3
"""Version of the cached files."""
FACTS, TOKENIZER = "facts.json", "tokenizer.json"


@dataclass(frozen=True)
class Facts:
    """Facts about tokenizer and model that `tokenizer.json` does not contain."""

    is_encoder_decoder: bool
    encoder_positions: int | None
    decoder_positions: int | None
    eos_token_id: int
    pad_token_id: int | None
    all_special_ids: tuple[int, ...]
    rows: int | None
    """Number of embeddings of the model."""


@dataclass(frozen=True)
class _Ids:
    input_ids: Any
    """Token ids of one text, or a list of them for several texts."""


class CachedTokenizer:
    """The part of the transformers tokenizer API that sumtune uses, on top of the `tokenizers` library alone."""

    def __init__(self, raw: Any, facts: Facts) -> None:
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


def find_tokenizer(folder: Path) -> CachedTokenizer | None:
    """Return the tokenizer of the model in `folder`; None if it is not in the cache."""
    entry = tokenizer_entry(folder).find()
    return None if entry is None else load_cached(entry)[0]


def tokenizer_entry(folder: Path) -> Entry:
    """Return the cache entry of the tokenizer in the model folder `folder`."""
    made_from = (FORMAT, version("transformers"), version("tokenizers"), identity_of(folder, SUFFIXES))
    return Entry.named("tokenizers", sha256(repr(made_from).encode()).hexdigest()[:16])


def load_cached(folder: Path) -> tuple[CachedTokenizer, Facts]:
    """Return the tokenizer in the folder of a cache entry."""
    from tokenizers import Tokenizer

    facts = Facts(**read_record(folder / FACTS))
    text = (folder / TOKENIZER).read_text(encoding="utf-8")
    return CachedTokenizer(Tokenizer.from_str(text), facts), facts
