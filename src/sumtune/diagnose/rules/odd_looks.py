"""What all rules about the looks of predictions share: rows outside the range of the references, and their finding."""

from collections.abc import Callable, Sequence

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import FEWEST_ROWS, SAMPLE, Mask, Measure, find_odd
from sumtune.diagnose.looks.outliers import FEWEST_OUTLIERS, Scale, Values
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share

__all__ = ["FARTHEST", "Odd", "look_finding", "odd_rows", "only"]

FARTHEST = 3
"""Number of the largest distances of `outliers.py` that count; for order and spelling, all of them do."""

Odd = tuple[Mask, Values, Values]
"""Which predictions are odd, and the values of predictions and references."""


def odd_rows(
    outputs: Outputs, measure_of: Callable[[Outputs], Measure], scale: Scale, suspects: Mask | None
) -> Odd | None:
    """Return what `find_odd` does; None if the file is too small to show what is usual."""
    if len(outputs) < FEWEST_ROWS or not file_words(outputs.sample(SAMPLE)).are_enough:
        return None
    return find_odd(outputs, measure_of, scale, suspects)


def only(found: Odd, wanted: Mask) -> Odd | None:
    """Return `found` without the odd rows that are not `wanted`; None if few are left."""
    bad, values, usual = found
    bad = bad & wanted
    return (bad, values, usual) if bad.sum() >= FEWEST_OUTLIERS else None


def look_finding(
    outputs: Outputs, code: str, bad: Sequence[bool], what: str, evidence: str, numbers: dict[str, float]
) -> Finding:
    """Return the finding that the predictions `bad` look odd; without them, the outputs are repaired."""
    return Finding(
        code=code,
        title=f"{how_many(bad)} predictions {what}",
        severity="fault",
        evidence=evidence,
        numbers={"share": share(bad), **numbers},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=outputs.filtered([not one for one in bad]),
    )
