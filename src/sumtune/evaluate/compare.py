"""Comparison of two scored runs: which settings differ, and whether their scores may differ by chance."""

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

__all__ = ["Change", "Comparison", "Difference", "compare", "differences"]

SHOWN = 3
"""Number of largest gains to show, and of largest losses."""


@dataclass(frozen=True)
class Difference:
    """Means of both runs, and their difference with its paired bootstrap interval and p-value."""

    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Change:
    """One example that the second run scored better or worse; `change` is the difference in ROUGE-1."""

    id: str
    reference: str
    first: str
    second: str
    change: float


@dataclass(frozen=True)
class Comparison:
    """Comparison of the tuned systems of two runs on the same examples."""

    n: int
    split: str
    settings: Mapping[str, tuple[Any, Any]]
    """Both values of each setting or part of the signature that differs, by dotted key."""
    metrics: Mapping[str, Difference]
    gains: tuple[Change, ...]
    """Largest first; at most `SHOWN`."""
    losses: tuple[Change, ...]


def compare(
    first: Scorecard, second: Scorecard, settings: tuple[Mapping[str, Any], Mapping[str, Any]], names: tuple[str, str]
) -> Comparison:
    """Compare `second` with `first`; `settings` are their configurations, `names` their names in error messages.

    Raises:
        RunDirError: they were not scored on the same dialogues and references, or ROUGE counted different tokens.
    """
    _require_same_tokens(first, second, names)
    pairs, both = _pairs(first, second, names), zip(settings, (first, second), strict=True)
    one, two = (
        overlap.as_array([example.systems[TUNED].scores for example in side]) for side in zip(*pairs, strict=True)
    )
    changes = sorted((_change(*pair) for pair in pairs), key=lambda change: (-change.change, change.id))
    return Comparison(
        n=len(pairs),
        split=first.signature.split,
        settings=_different(*({**of_one, "signature": asdict(card.signature)} for of_one, card in both)),
        metrics=differences(one, two, first.signature.seed),
        gains=tuple(change for change in changes[:SHOWN] if change.change > 0),
        losses=tuple(change for change in changes[: -SHOWN - 1 : -1] if change.change < 0),
    )


def _require_same_tokens(first: Scorecard, second: Scorecard, names: tuple[str, str]) -> None:
    counted = (first.signature.rouge_tokens, second.signature.rouge_tokens)
    if counted[0] != counted[1]:
        raise RunDirError(
            f"ROUGE counts {counted[0]!r} tokens in {names[0]} and {counted[1]!r} tokens in {names[1]}. Their scores "
            "cannot be compared: score both with the same evaluate.rouge_tokens."
        )


def _pairs(first: Scorecard, second: Scorecard, names: tuple[str, str]) -> list[tuple[ScoredExample, ScoredExample]]:
    """Return the examples of both runs, matched by dialogue and references, because ids may differ between files."""
    others = {(example.dialogue, example.references): example for example in second.examples}
    keys = [(example.dialogue, example.references) for example in first.examples]
    if set(keys) != set(others):
        raise RunDirError(
            f"{names[0]} and {names[1]} were scored on different examples: {len(keys)} of {first.signature.split} and "
            f"{len(others)} of {second.signature.split}, {len(set(keys) & set(others))} in common. "
            "Their scores cannot be compared: score both on the same data with the same evaluate.max_examples."
        )
    return [(example, others[key]) for example, key in zip(first.examples, keys, strict=True)]


def differences(one: NDArray[np.float64], two: NDArray[np.float64], seed: int) -> dict[str, Difference]:
    """Return the difference `two - one` of each metric; both are `(examples, metrics)`, in the order of `METRICS`."""
    low, high, p_value = paired(two - one, seed)
    columns = (one.mean(axis=0), two.mean(axis=0), (two - one).mean(axis=0), low, high, p_value)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {metric: Difference(*row) for metric, row in zip(METRICS, rows, strict=True)}


def _change(one: ScoredExample, two: ScoredExample) -> Change:
    before, after = one.systems[TUNED], two.systems[TUNED]
    return Change(one.id, one.references[0], before.text, after.text, after.scores.rouge1 - before.scores.rouge1)


def _different(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    left, right = _flat(one), _flat(two)
    keys: Sequence[str] = [*left, *(key for key in right if key not in left)]
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return nested settings as a flat mapping by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return flat
