"""Statistics of how much of each dialogue a run reads, for its manifest, `run.json` and the command's output."""

from collections.abc import Sequence
from typing import Any

from sumtune.data.example import Example
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST
from sumtune.text.encode import Encoded, Encoder
from sumtune.text.prompt import Prompt

__all__ = ["READ", "dialogue_lengths", "read_lengths", "recorded_read_lengths"]

READ = "read"
"""Key of this entry in the manifest of the stage `encode`."""


def dialogue_lengths(
    encoder: Encoder, examples: Sequence[Example], encoded: Sequence[Encoded] | None = None
) -> list[int]:
    """Return the number of tokens of each dialogue before any truncation.

    `encoded` are the token ids of `examples`; with them, only truncated dialogues are tokenized again.
    """
    if encoded is None:
        return encoder.count([example.dialogue for example in examples])
    overheads = (sum(map(len, encoder.around(example.style))) for example in examples)
    lengths = [len(one.source) - overhead for one, overhead in zip(encoded, overheads, strict=True)]
    full = [at for at, length in enumerate(lengths) if length >= encoder.prompt.max_source_tokens]
    for at, length in zip(full, encoder.count([examples[at].dialogue for at in full]), strict=True):
        lengths[at] = length
    return lengths


def read_lengths(lengths: Sequence[int], prompt: Prompt, *, by_model: bool) -> dict[str, Any]:
    """Return the token limit of `prompt`, the largest of `lengths` (tokens per dialogue), and how many exceed it.

    `by_model` says whether the limit comes from the model, which cannot read more.

    >>> found = read_lengths([300, 5000], Prompt("", "", "", 4096, 128, long="parts"), by_model=False)
    >>> found["max_source_tokens"], found["longest_dialogue"], found["longer"], found["long"]
    (4096, 5000, 1, 'parts')
    """
    longer = sum(length > prompt.max_source_tokens for length in lengths)
    return {
        "max_source_tokens": prompt.max_source_tokens,
        "limited_by_model": by_model and longer > 0,
        "longest_dialogue": max(lengths),
        "dialogues": len(lengths),
        "longer": longer,
        "long": prompt.long,
    }


def recorded_read_lengths(run_dir: RunDir) -> dict[str, Any] | None:
    """Return what the stage `encode` recorded; None if an earlier release wrote the folder."""
    found = (find_record(run_dir.transformation / MANIFEST) or {}).get(READ)
    return found if isinstance(found, dict) else None
