"""How much is read of the dialogues of a run, for its manifest, `run.json` and the announcement."""

from collections.abc import Sequence
from typing import Any

from sumtune.data.example import Example
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.text.encode import Encoded, Encoder

__all__ = ["READ", "dialogue_lengths", "read_lengths", "recorded_read_lengths"]

READ = "read"
"""Entry of the manifest of the stage `encode`."""


def dialogue_lengths(
    encoder: Encoder, examples: Sequence[Example], encoded: Sequence[Encoded] | None = None
) -> list[int]:
    """Return the tokens of each dialogue before any truncation.

    `encoded` are `examples` as token ids: with them only truncated dialogues have to be tokenized again.
    """
    if encoded is None:
        return encoder.count([example.dialogue for example in examples])
    lengths = [len(one.source) - encoder.overhead for one in encoded]
    full = [at for at, length in enumerate(lengths) if length >= encoder.prompt.max_source_tokens]
    for at, length in zip(full, encoder.count([examples[at].dialogue for at in full]), strict=True):
        lengths[at] = length
    return lengths


def read_lengths(lengths: Sequence[int], limit: int, *, by_model: bool) -> dict[str, int]:
    """Return the limit, the longest of the dialogues of `lengths` tokens, and how many are longer than the limit.

    `by_model` says whether the model cannot read more.

    >>> read_lengths([300, 5000], 4096, by_model=False)
    {'max_source_tokens': 4096, 'limited_by_model': False, 'longest_dialogue': 5000, 'dialogues': 2, 'truncated': 1}
    """
    truncated = sum(length > limit for length in lengths)
    return {
        "max_source_tokens": limit,
        "limited_by_model": by_model and truncated > 0,
        "longest_dialogue": max(lengths),
        "dialogues": len(lengths),
        "truncated": truncated,
    }


def recorded_read_lengths(run_dir: RunDir) -> dict[str, Any] | None:
    """Return what the stage `encode` recorded; None in a folder of an earlier release."""
    found = (find_record(run_dir.transformation / MANIFEST) or {}).get(READ)
    return found if isinstance(found, dict) else None
