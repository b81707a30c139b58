"""The plan of a training run: batches, learning rates and validations of all steps, known before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sumtune.config import TrainConfig
from sumtune.text.batching import epoch_order
from sumtune.train.lr_schedule import learning_rate, warmup_length

__all__ = ["TrainingPlan"]


@dataclass(frozen=True)
class TrainingPlan:
    """The optimizer steps of a run: the examples and the learning rate of each."""

    lengths: tuple[int, ...]
    """Number of tokens of each training example, source and target together."""
    settings: TrainConfig

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps per epoch; the last one may have fewer examples."""
        return -(-len(self.lengths) // self.settings.effective_batch_size)

    @property
    def total_steps(self) -> int:
        """Optimizer steps of all epochs together."""
        return self.steps_per_epoch * self.settings.epochs

    @property
    def warmup_steps(self) -> int:
        """Optimizer steps of warm-up: the setting, but at most a tenth of all steps."""
        return warmup_length(self.settings.warmup_steps, self.total_steps)

    def micro_batch_tokens(self, whole_steps: bool) -> int:
        """Return the token budget of a micro-batch: the setting; with `whole_steps`, enough for any optimizer step.

        A few sentences keep all cores of a CPU busy, but not a GPU.
        """
        budget = self.settings.micro_batch_tokens
        return max(budget, self.settings.effective_batch_size * max(self.lengths)) if whole_steps else budget

    def batch(self, step: int) -> list[int]:
        """Return the indices of the examples of optimizer step `step` (counted from 0)."""
        epoch, position = divmod(step, self.steps_per_epoch)
        return _order(self.lengths, self.settings.effective_batch_size, self.settings.seed, epoch)[position]

    def learning_rate(self, step: int, share: float = 0.0) -> float:
        """Return the learning rate of optimizer step `step` (counted from 0) when `share` of the time has passed.

        The learning rate follows the share of the steps or that of the time, whichever is larger.
        """
        settings, place = self.settings, max(step, share * self.total_steps)
        return learning_rate(place, self.total_steps, settings.learning_rate, self.warmup_steps, settings.schedule)

    def average_decay(self, step: int) -> float:
        """Return the decay of the weight average after optimizer step `step` (counted from 0).

        Polynomial-decay averaging (Shamir and Zhang 2013, https://arxiv.org/abs/1212.1824, equation 6): the weights
        after step t enter the average in proportion to about t ** `average_power`, whatever the length of the run.
        """
        power = self.settings.average_power
        return 0.0 if power is None else step / (step + 1 + power)

    def validates_at(self, step: int) -> bool:
        """Return True if the run validates and saves a checkpoint after `step` optimizer steps."""
        return step % self.settings.validate_every_steps == 0 or self.epoch_ended_at(step) is not None

    def epoch_ended_at(self, step: int) -> int | None:
        """Return the number (counted from 1) of the epoch that ends after `step` optimizer steps, or None."""
        epoch, rest = divmod(step, self.steps_per_epoch)
        return epoch if step > 0 and rest == 0 else None

    @property
    def validations(self) -> int:
        """Number of validations, including the one before the first step."""
        return sum(self.validates_at(step) for step in range(self.total_steps + 1))


@lru_cache(maxsize=2)
def _order(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> Sequence[list[int]]:
    return epoch_order(lengths, batch_size, seed, epoch)
