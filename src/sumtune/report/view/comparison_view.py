"""What the page of a comparison shows: two or more runs on the same examples, each against the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sumtune.evaluate.compare import Change, Comparison
from sumtune.evaluate.scorecard import TUNED, Scorecard, SystemScores
from sumtune.report.view.run_files import RunFiles
from sumtune.report.view.training import Points, training_of

__all__ = ["ComparisonView", "Pair", "comparison_view"]


@dataclass(frozen=True)
class Pair:
    """A run compared with the first one."""

    name: str
    comparison: Comparison
    sentence: str


@dataclass(frozen=True)
class ComparisonView:
    """All runs of a comparison, in the order in which they were given."""

    names: tuple[str, ...]
    first: Scorecard
    tuned: tuple[SystemScores, ...]
    """Mean scores of the tuned system of each run."""
    pairs: tuple[Pair, ...]
    losses: tuple[tuple[str, Points], ...]
    """Validation losses of each run that has some."""
    with_examples: bool
    dialogues: Mapping[str, str]
    """Dialogues of the examples that changed most, by id in the first run."""


def comparison_view(
    files: Sequence[RunFiles], names: Sequence[str], comparisons: Sequence[Comparison], *, examples: bool
) -> ComparisonView:
    """Return what the page shows. `comparisons` compare the first run with each of the others."""
    pairs = tuple(
        Pair(name, comparison, _sentence(name, names[0], comparison))
        for name, comparison in zip(names[1:], comparisons, strict=True)
    )
    trainings = [(name, training_of(one)) for name, one in zip(names, files, strict=True)]
    return ComparisonView(
        names=tuple(names),
        first=files[0].scorecard,
        tuned=tuple(one.scorecard.systems[TUNED] for one in files),
        pairs=pairs,
        losses=tuple((name, one.validation_losses) for name, one in trainings if one and one.validation_losses),
        with_examples=examples,
        dialogues=_dialogues(files[0].scorecard, comparisons) if examples else {},
    )


def _sentence(name: str, first: str, comparison: Comparison) -> str:
    row = comparison.metrics["rouge1"]
    ends = f"95% interval {row.low:+.3f} to {row.high:+.3f}, p {row.p_value:.4f}"
    if row.low <= 0 <= row.high:
        return f"No clear difference between {name} and {first}: {row.difference:+.3f} in ROUGE-1 ({ends})."
    better = "better" if row.difference > 0 else "worse"
    return f"{name} is {better} than {first}: {row.difference:+.3f} in ROUGE-1 ({ends})."


def _dialogues(scorecard: Scorecard, comparisons: Sequence[Comparison]) -> dict[str, str]:
    changes: list[Change] = [change for one in comparisons for change in (*one.gains, *one.losses)]
    wanted = {change.id for change in changes}
    return {example.id: example.dialogue for example in scorecard.examples if example.id in wanted}
