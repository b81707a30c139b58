"""The tokenizer of a model as the vocabulary of a GGUF file, from which llama.cpp makes the same tokens."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sumtune.errors import ModelError
from sumtune.export.gguf.architecture import WAY_ON

__all__ = ["Vocabulary", "vocabulary_of"]

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""Types of tokens: `TokenType` of the package gguf."""
SPACE = "▁"
SPECIAL_SCORE = -1e6
"""Below the score of every token that merges can make."""
BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLITS = {
    ("bytes",): "gpt-2",
    ("digits", "bytes"): "smollm",
    (LETTERS + r"\p{N}{1,3}" + REST,): "llama-bpe",
    (LETTERS + r"\p{N}" + REST,): "qwen2",
}
"""Name in llama.cpp of the ways to divide a text before merges apply."""


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by id, and how a text becomes tokens."""

    kind: Literal["llama", "gpt2"]
    """`llama`: SentencePiece, merges by the score of the result. `gpt2`: bytes, merges in the order of a list."""
    split: str
    tokens: Sequence[str]
    types: Sequence[int]
    scores: Sequence[float]
    """By token; only for `llama`."""
    merges: Sequence[str]
    """Only for `gpt2`."""
    adds_space: bool
    """Whether a text gets a space in front."""


def vocabulary_of(tokenizer: Any, rows: int) -> Vocabulary:
    """Return the vocabulary of the Hugging Face `tokenizer` for a model with `rows` embeddings.

    Raises:
        ModelError: llama.cpp has no such tokenizer, or we do not know its name there.
    """
    raw = json.loads(tokenizer.backend_tokenizer.to_str())
    model = raw["model"]
    if model["type"] != "BPE":
        raise ModelError(f"sumtune cannot write a tokenizer of the type {model['type']} to a GGUF file. {WAY_ON}")
    added = {entry["id"]: entry for entry in raw["added_tokens"]}
    names = {token: text for text, token in model["vocab"].items()} | {at: one["content"] for at, one in added.items()}
    tokens = [names.get(token, f"[PAD{token}]") for token in range(rows)]
    merges = [tuple(one.split(" ", 1)) if isinstance(one, str) else tuple(one) for one in model["merges"]]
    pieces = bool(model.get("byte_fallback"))
    types = [_type(token, names, added, model.get("unk_token"), pieces) for token in range(rows)]
    if pieces:
        return Vocabulary("llama", "default", tokens, types, _scores(tokens, types, merges), (), _adds_space(raw))
    return Vocabulary("gpt2", _split(raw), tokens, types, (), [" ".join(one) for one in merges], False)


def _type(
    token: int, names: Mapping[int, str], added: Mapping[int, Mapping[str, Any]], unknown: str | None, pieces: bool
) -> int:
    if token not in names:
        return UNUSED
    if pieces and names[token] == unknown:
        return UNKNOWN
    if token in added:
        return CONTROL if added[token]["special"] else USER_DEFINED
    return BYTE if pieces and BYTE_TOKEN.fullmatch(names[token]) else NORMAL


def _scores(tokens: Sequence[str], types: Sequence[int], merges: Sequence[tuple[str, ...]]) -> list[float]:
    """Return a score for each token: what the first merges make scores highest, so that they apply first.

    >>> _scores(["a", "b", "ab", "abb", "<s>"], [NORMAL] * 4 + [CONTROL], [("a", "b"), ("ab", "b")])
    [-1000000.0, -1000000.0, 0.0, -1.0, -1000000.0]
    """
    order: dict[str, int] = {}
    for at, pair in enumerate(merges):
        order.setdefault("".join(pair), at)
    return [
        float(-order[token]) if kind == NORMAL and token in order else SPECIAL_SCORE
        for token, kind in zip(tokens, types, strict=True)
    ]


def _adds_space(raw: Mapping[str, Any]) -> bool:
    return any(
        (part.get("type") == "Prepend" and part.get("prepend") == SPACE)
        or (part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never")
        for part in (*_parts(raw.get("normalizer")), *_parts(raw.get("pre_tokenizer")))
    )


def _split(raw: Mapping[str, Any]) -> str:
    """Return the name of the way in which the tokenizer divides a text.

    Raises:
        ModelError: it is none of those that we know.
    """
    found = []
    for part in _parts(raw.get("pre_tokenizer")):
        if part["type"] == "Split":
            found.append(part["pattern"].get("Regex", ""))
        elif part["type"] == "Digits" and part.get("individual_digits"):
            found.append("digits")
        elif part["type"] == "ByteLevel":
            found += ["bytes"] if part.get("use_regex", True) else []
            if part.get("add_prefix_space"):
                found.append("space in front")
        else:
            found.append(str(part["type"]))
    if (name := SPLITS.get(tuple(found))) is None:
        raise ModelError(f"sumtune does not know the name of this tokenizer ({', '.join(found)[:200]}) in llama.cpp. "
                         f"{WAY_ON}")  # fmt: skip
    return name


def _parts(setting: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of a normalizer or pre-tokenizer."""
    if setting is None:
        return
    if setting["type"] != "Sequence":
        yield setting
    for part in setting.get("pretokenizers", setting.get("normalizers", ())):
        yield from _parts(part)
