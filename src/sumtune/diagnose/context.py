"""Input of the rules: outputs, training and data of one run. None means unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import Example
from sumtune.diagnose.command_lines import CommandLines
from sumtune.diagnose.outputs import Outputs

__all__ = ["Array", "Context", "Data", "MoreData", "Training"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """Settings of a training run and what it logged."""

    settings: Mapping[str, Any]
    """Sections `train` and `lora` of the configuration. In the log of another tool, unknown settings are None."""
    examples: int | None
    total_steps: int
    """Planned optimizer steps."""
    warmup_steps: int
    """Warm-up steps that the schedule used."""
    rates: Array
    """Learning rate of each logged optimizer step, `(steps,)`."""
    losses: Array
    """Training loss of each logged optimizer step in nats per token, `(steps,)`. Some may be infinite or NaN."""
    norms: Array
    """Gradient norm of each logged optimizer step, `(steps,)`."""
    steps: Array
    """Number of each logged optimizer step, from 1, `(steps,)`."""
    validation_steps: Array
    validation_losses: Array
    ended: bool
    source_tokens: Array | None = None
    """Tokens of prompt and dialogue in each training example."""
    label_tokens: Array | None = None
    """Tokens in each training example that count towards the loss."""
    label_limit: int | None = None
    """Most tokens that a summary may have, from the setting or the model."""
    parameters: int | None = None
    """Number of parameters of the adapter."""
    steps_an_epoch: int | None = None
    """Optimizer steps of one epoch."""

    @property
    def rate(self) -> float:
        """Learning rate in the settings, or the highest one in the log; NaN if neither is known."""
        rate = self.settings["train"]["learning_rate"]
        return float("nan") if rate is None else float(rate)

    @property
    def requested_warmup(self) -> int | None:
        """Warm-up steps in the settings."""
        return _whole(self.settings["train"]["warmup_steps"])

    @property
    def batch(self) -> int | None:
        """Number of examples in an optimizer step."""
        return _whole(self.settings["train"]["effective_batch_size"])

    @property
    def epochs(self) -> int | None:
        """Epochs in the settings."""
        return _whole(self.settings["train"]["epochs"])

    @property
    def rank(self) -> int | None:
        """Rank of the adapter in the settings."""
        return _whole(self.settings["lora"]["rank"])


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


@dataclass(frozen=True)
class Data:
    """Examples of each split, and which split was scored."""

    splits: Mapping[str, Sequence[Example]]
    scored: str
    max_source_tokens: int | None = None
    """Maximum tokens of a dialogue that the model reads: the setting, or fewer if the model has fewer positions."""
    limited_by_model: bool = False
    characters_a_token: float | None = None
    """Characters per token, measured on the training dialogues."""


@dataclass(frozen=True)
class MoreData:
    """Gain in ROUGE-1 that earlier runs promise from `examples` more training examples, with its 80% interval."""

    examples: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Context:
    """Everything known about a run or a file of predictions."""

    outputs: Outputs | None = None
    base: Outputs | None = None
    training: Training | None = None
    data: Data | None = None
    expected: tuple[float, float] | None = None
    """Interval of ROUGE-1 that was forecast before the run."""
    more_data: MoreData | None = None
    """What more data would bring; None if earlier runs do not tell."""
    commands: CommandLines = field(default_factory=CommandLines)
    """Builds the commands of remedies."""
