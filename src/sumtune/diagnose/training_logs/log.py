"""A training log of any tool, before the diagnosis reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Log", "Point"]

Point = Mapping[str, float]
"""What was logged at one optimizer step, by the names of `names.NAMES`."""


@dataclass(frozen=True)
class Log:
    """Points in the order of their steps, and what is known about the run."""

    points: Sequence[Point]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings by their names in transformers' `TrainingArguments` and in peft's `LoraConfig`."""
    total_steps: int | None = None
    """Planned optimizer steps. If they are unknown (None), the last logged step counts."""
    examples: int | None = None
    ended: bool = True
