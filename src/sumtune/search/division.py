"""Division of the training examples for a search: trials learn from one part and are judged on another.

A third part is fresh: it compares only the winner with the default, because the best of many trials is partly luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sumtune.data.example import Example
from sumtune.data.example_file import Some, fingerprints, take
from sumtune.data.split import order, select_share
from sumtune.errors import ConfigError

__all__ = ["Division", "divide"]

SHARE, MOST = 0.2, 100
"""Each held-out part has this share of the examples, but at most this many."""
FEWEST = 50
"""Fewer training examples cannot be divided usefully."""


@dataclass(frozen=True)
class Division:
    """The parts of the training examples. Examples with the same dialogue are in the same part."""

    learned: Sequence[Example]
    judging: Sequence[Example]
    fresh: Sequence[Example]


def divide(examples: Some, learned_share: float = 1.0) -> Division:
    """Divide training examples by the hash of their dialogue.

    Trials learn from `learned_share` of the examples that are neither judging nor fresh ones.

    Raises:
        ConfigError: there are too few examples.
    """
    if len(examples) < FEWEST:
        raise ConfigError(f"A search needs {FEWEST} or more training examples, but there are {len(examples)}.")
    wanted = min(SHARE * len(examples), MOST)
    judging = select_share(examples, wanted / len(examples))
    rest = _without(examples, judging)
    fresh = select_share(rest, wanted / len(rest))
    return Division(select_share(_without(rest, fresh), learned_share), judging, fresh)


def _without(examples: Some, part: Some) -> Some:
    return order(take(examples, np.flatnonzero(~np.isin(fingerprints(examples), fingerprints(part)))))
