"""What a search over settings prints: a line for each trial, then the outcome."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sumtune.config_resolution import assignment
from sumtune.evaluate.compare import Comparison
from sumtune.search.space import Space, settings_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = ["Outcome", "outcome_lines", "trial_line"]

SHOWN = 5
"""Number of best trials in the outcome."""
BAR = 30
"""Characters of the bar of a setting that alone decides."""


@dataclass(frozen=True)
class Outcome:
    """What a search found."""

    default: float
    """Score of the default on the judging part."""
    ranked: Sequence["FrozenTrial"]
    """Trials with a score, the best first."""
    space: Space
    importances: Mapping[str, float]
    fresh: Comparison | None
    """The winner compared with the default on fresh examples; None if no trial was better than the default."""
    root: Path
    tried: int
    """Number of trials, with those that were stopped early or failed."""


def trial_line(name: str, score: float | None, settings: Mapping[str, Any], failure: str = "") -> str:
    """Return the line of a trial; a `score` of None says that it was stopped early, or that `failure` ended it.

    >>> trial_line("3", 0.34567, {"lora.rank": 8})
    'Trial 3: 0.3457  lora.rank=8'
    """
    result = ("failed" if failure else "stopped early") if score is None else f"{score:.4f}"
    chosen = "".join(f"  {assignment(key, _short(value))}" for key, value in settings.items())
    return f"Trial {name}: {result}{chosen}" + (f"\n  {' '.join(failure.split())}" if failure else "")


def _short(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the outcome."""
    yield ""
    scored = f"{len(outcome.ranked)} of which ended with a score (mean of ROUGE-1, -2 and -L on the judging part)"
    yield f"Best of {outcome.tried} trials, {scored}:"
    for trial in outcome.ranked[:SHOWN]:
        yield "  " + trial_line(str(trial.number), trial.value, settings_of(trial.params, outcome.space))
    yield f"  Default: {outcome.default:.4f}"
    if outcome.importances:
        yield "What made the difference between good and other trials:"
    for key, share in outcome.importances.items():
        yield f"  {key:<30} {'█' * round(BAR * share)} {share:.0%}"
    yield _verdict(outcome)
    yield f"Settings: {outcome.root / 'best.yaml'}. The run with these settings: {outcome.root / 'best'}."


def _verdict(outcome: Outcome) -> str:
    """Return what fresh examples say: the best of many trials is partly luck."""
    if not outcome.tried:
        return "No trial was run, so the default is kept."
    if outcome.fresh is None:
        return "No trial was better than the default, so the default is kept."
    row = outcome.fresh.metrics["rouge1"]
    change = f"{row.difference:+.4f} ({row.low:+.4f} to {row.high:+.4f}, 95%)"
    found = f"On {outcome.fresh.n} fresh examples, the winner changes ROUGE-1 by {change}"
    if row.low > 0:
        return f"{found}: it is better than the default."
    if row.high < 0:
        return f"{found}: it is worse than the default. The search was misled by luck; use the default."
    return f"{found}: whether it is better than the default is not certain."
