"""The form of examples in memory: a dialogue, its summary, and where both came from."""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

__all__ = ["SPLITS", "Example", "dump_jsonl", "normalize", "text_hash"]

SPLITS = ("train", "validation", "test")
CACHED_FINGERPRINTS = 1 << 12


@dataclass(frozen=True)
class Example:
    """A dialogue (one turn per line), its summary, and the file and row they were read from."""

    id: str
    dialogue: str
    summary: str
    file: str
    row: int
    """Counted from 1: a line of JSONL, or a record of CSV, not counting the header."""
    style: str = ""
    """Style of the summary, such as "in one sentence"; "" for none."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the normalized dialogue: equal for duplicates that differ only in spacing or case."""
        return _fingerprint(self.dialogue)


@lru_cache(CACHED_FINGERPRINTS)  # each stage asks several times, and normalizing is slow
def _fingerprint(dialogue: str) -> str:
    return text_hash(dialogue).hex()


def text_hash(text: str) -> bytes:
    """Return the SHA-256 of the normalized `text`."""
    return sha256(normalize(text).encode()).digest()


def normalize(text: str) -> str:
    """Return `text` in Unicode NFKC and lower case, with every run of white space as one space.

    >>> normalize(" Hi\\r\\n  THERE ")
    'hi there'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def dump_jsonl(examples: Iterable[Example]) -> str:
    """Return the examples as JSONL text, one object per line, with the field names of `Example`; no empty `style`."""
    return "".join(json.dumps(_row(example), ensure_ascii=False) + "\n" for example in examples)


def _row(example: Example) -> dict[str, Any]:
    return {name: value for name, value in vars(example).items() if name != "style" or value}
