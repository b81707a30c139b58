"""What the rules look at: outputs, training and data of one run; None stands for what is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import Example
from sumtune.diagnose.command_lines import CommandLines
from sumtune.diagnose.outputs import Outputs

__all__ = ["Array", "Context", "Data", "Training"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """What training was told and what it logged."""

    settings: Mapping[str, Any]
    """The sections `train` and `lora` of the configuration."""
    examples: int
    total_steps: int
    """Optimizer steps planned."""
    warmup_steps: int
    """Of them, as the schedule used them."""
    rates: Array
    """Learning rate of each logged optimizer step, `(steps,)`."""
    losses: Array
    """Training loss of each logged optimizer step in nats a token, `(steps,)`; maybe not finite."""
    norms: Array
    """Gradient norm of each logged optimizer step, `(steps,)`."""
    steps: Array
    """Number of each logged optimizer step, from 1, `(steps,)`."""
    validation_steps: Array
    validation_losses: Array
    ended: bool
    source_tokens: Array | None = None
    """Tokens of prompt and dialogue of each training example."""
    label_tokens: Array | None = None
    """Tokens of each training example that the loss looks at."""
    parameters: int | None = None
    """Numbers in the adapter."""

    @property
    def rate(self) -> float:
        """The learning rate that was set."""
        return float(self.settings["train"]["learning_rate"])

    @property
    def rank(self) -> int:
        """The rank of the adapter that was set."""
        return int(self.settings["lora"]["rank"])


@dataclass(frozen=True)
class Data:
    """The examples by split, and the split that was scored."""

    splits: Mapping[str, Sequence[Example]]
    scored: str
    max_source_tokens: int | None = None
    """Tokens of a dialogue that are read: as set, or as far as the model's positions reach."""
    limited_by_model: bool = False
    characters_a_token: float | None = None
    """Measurement on the training dialogues."""


@dataclass(frozen=True)
class Context:
    """Everything known about one run, or about one file of predictions."""

    outputs: Outputs | None = None
    base: Outputs | None = None
    training: Training | None = None
    data: Data | None = None
    commands: CommandLines = field(default_factory=CommandLines)
    """Where it comes from, for the commands of remedies."""
