"""Files of candidates: token ids and rewards of the candidates of a few dialogues, as safetensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from sumtune.files.atomic import write_bytes

__all__ = ["Candidates", "load_candidates", "save_candidates"]

T = TypeVar("T")
FINGERPRINT, SUM, SECONDS = "fingerprint", "sha256", "seconds"


@dataclass(frozen=True)
class Candidates:
    """Candidates of several examples."""

    ids: tuple[tuple[tuple[int, ...], ...], ...]
    """Token ids of each candidate of each example, without the end-of-sequence token."""
    rewards: tuple[tuple[float, ...], ...]
    elapsed_s: float
    """Seconds that writing and scoring them took."""


def save_candidates(candidates: Candidates, path: Path, fingerprint: str) -> None:
    """Write `candidates` to `path`; `fingerprint` says what they were made from."""
    each = [ids for some in candidates.ids for ids in some]
    arrays: dict[str, NDArray[np.generic]] = {
        "ids": np.fromiter((token for ids in each for token in ids), np.int32),
        "lengths": np.array([len(ids) for ids in each], np.int32),
        "counts": np.array([len(some) for some in candidates.ids], np.int32),
        "rewards": np.array([reward for some in candidates.rewards for reward in some], np.float64),
    }
    facts = {FINGERPRINT: fingerprint, SUM: _sum(arrays), SECONDS: repr(candidates.elapsed_s)}
    write_bytes(path, save(arrays, facts))


def load_candidates(path: Path, fingerprint: str) -> Candidates | None:
    """Return the candidates in `path`; None if it is missing, damaged, or has another `fingerprint`."""
    try:
        with safe_open(path, "numpy") as file:
            facts = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in ("ids", "lengths", "counts", "rewards")}
        if facts.get(FINGERPRINT) != fingerprint or facts.get(SUM) != _sum(arrays):
            return None
        elapsed_s = float(facts[SECONDS])
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    flat, ends = arrays["ids"].tolist(), np.cumsum(arrays["lengths"]).tolist()
    each = [tuple(flat[end - length : end]) for end, length in zip(ends, arrays["lengths"].tolist(), strict=True)]
    counts = arrays["counts"].tolist()
    return Candidates(_grouped(each, counts), _grouped(arrays["rewards"].tolist(), counts), elapsed_s)


def _sum(arrays: dict[str, NDArray[np.generic]]) -> str:
    digest = sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()


def _grouped(values: Sequence[T], counts: Sequence[int]) -> tuple[tuple[T, ...], ...]:
    """Return consecutive groups of `values` with the sizes `counts`."""
    ends = np.cumsum(counts).tolist()
    return tuple(tuple(values[end - count : end]) for end, count in zip(ends, counts, strict=True))
