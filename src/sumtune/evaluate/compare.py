"""Two scored runs side by side: what was set differently, and whether the difference of their scores is chance."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.errors import RunDirError
from sumtune.evaluate import overlap
from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.scorecard import TUNED, Scorecard, ScoredExample

__all__ = ["Change", "Comparison", "Difference", "compare"]

SHOWN = 3
"""Examples with the largest gain, and with the largest loss."""


@dataclass(frozen=True)
class Difference:
    """Mean of second minus first over the same examples, its paired bootstrap interval, and its p-value."""

    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Change:
    """One example that the second run scored better or worse; `change` is of ROUGE-1."""

    id: str
    reference: str
    first: str
    second: str
    change: float


@dataclass(frozen=True)
class Comparison:
    """The tuned system of a second run against that of a first."""

    n: int
    split: str
    settings: Mapping[str, tuple[Any, Any]]
    """Both values of each setting, and of each part of the signature, that differs, by dotted key."""
    metrics: Mapping[str, Difference]
    gains: tuple[Change, ...]
    """Largest first; as few as there are."""
    losses: tuple[Change, ...]


def compare(
    first: Scorecard, second: Scorecard, settings: tuple[Mapping[str, Any], Mapping[str, Any]], names: tuple[str, str]
) -> Comparison:
    """`second` against `first`; `settings` are their configurations, `names` what an error calls them.

    Raises:
        RunDirError: they were not scored on the same dialogues and references.
    """
    pairs = _pairs(first, second, names)
    one, two = (
        overlap.as_array([example.systems[TUNED].scores for example in side]) for side in zip(*pairs, strict=True)
    )
    changes = sorted((_change(*pair) for pair in pairs), key=lambda change: (-change.change, change.id))
    return Comparison(
        n=len(pairs),
        split=first.signature.split,
        settings=_differing({**settings[0], "signature": _said(first)}, {**settings[1], "signature": _said(second)}),
        metrics=_differences(one, two, first.signature.seed),
        gains=tuple(change for change in changes[:SHOWN] if change.change > 0),
        losses=tuple(change for change in changes[: -SHOWN - 1 : -1] if change.change < 0),
    )


def _pairs(first: Scorecard, second: Scorecard, names: tuple[str, str]) -> list[tuple[ScoredExample, ScoredExample]]:
    """The examples of both, brought together by dialogue and references: ids may be of other files."""
    others = {(example.dialogue, example.references): example for example in second.examples}
    keys = [(example.dialogue, example.references) for example in first.examples]
    if set(keys) != set(others):
        raise RunDirError(
            f"{names[0]} and {names[1]} were scored on different examples: {len(keys)} of {first.signature.split} and "
            f"{len(others)} of {second.signature.split}, of which {len(set(keys) & set(others))} are the same. "
            "Differences would say nothing; score both on the same data and evaluate.max_examples."
        )
    return [(example, others[key]) for example, key in zip(first.examples, keys, strict=True)]


def _differences(one: NDArray[np.float64], two: NDArray[np.float64], seed: int) -> dict[str, Difference]:
    """`one`, `two` `(examples, metrics)`."""
    low, high, p_value = paired(two - one, np.random.default_rng(seed))
    columns = (one.mean(axis=0), two.mean(axis=0), (two - one).mean(axis=0), low, high, p_value)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {metric: Difference(*row) for metric, row in zip(METRICS, rows, strict=True)}


def _change(one: ScoredExample, two: ScoredExample) -> Change:
    before, after = one.systems[TUNED], two.systems[TUNED]
    return Change(one.id, one.references[0], before.text, after.text, after.scores.rouge1 - before.scores.rouge1)


def _said(scorecard: Scorecard) -> dict[str, Any]:
    return asdict(scorecard.signature)


def _differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    left, right = _flat(one), _flat(two)
    keys: Sequence[str] = [*left, *(key for key in right if key not in left)]
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return flat
