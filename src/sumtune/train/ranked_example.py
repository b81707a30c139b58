"""A training example with candidate summaries of known quality, for learning to rank."""

from collections.abc import Iterator
from dataclasses import dataclass

from sumtune.text.encode import Encoded

__all__ = ["SMALLEST_GAP", "RankedExample"]

SMALLEST_GAP = 0.01
"""Two candidates are compared only if their rewards differ by more than this."""


@dataclass(frozen=True)
class RankedExample(Encoded):
    """An encoded example, and candidates for its summary with their rewards."""

    candidates: tuple[tuple[int, ...], ...]
    """Token ids of each candidate, end-of-sequence token included."""
    rewards: tuple[float, ...]
    """Quality of each candidate; higher is better."""
    shares_source: bool = True
    """Whether the model reads the source once for all targets, or once for each of them."""

    @property
    def targets(self) -> tuple[tuple[int, ...], ...]:
        """The reference, then the candidates."""
        return (self.target, *self.candidates)

    @property
    def length(self) -> int:
        """Number of tokens that the model reads."""
        targets = self.targets
        return len(self.source) * (1 if self.shares_source else len(targets)) + sum(map(len, targets))

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield the indices of a better and a worse candidate and the gap of their rewards, for each compared pair.

        >>> list(RankedExample((1,), (2,), ((3,), (4,), (5,)), (0.25, 0.75, 0.755)).pairs())
        [(1, 0, 0.5), (2, 0, 0.505)]
        """
        for better, high in enumerate(self.rewards):
            for worse, low in enumerate(self.rewards):
                if high - low > SMALLEST_GAP:
                    yield better, worse, high - low
