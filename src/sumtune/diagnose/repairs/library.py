"""All repairs. A new kind of damage needs one more function in one of these modules."""

from sumtune.diagnose.repairs import (
    endings,
    escapes,
    letter_case,
    logs,
    marks,
    preambles,
    repetition,
    spacing,
    wrappers,
)
from sumtune.diagnose.repairs.repair import Repair

__all__ = ["REPAIRS"]

REPAIRS: tuple[Repair, ...] = (
    *wrappers.REPAIRS,
    *logs.REPAIRS,
    *escapes.REPAIRS,
    *spacing.REPAIRS,
    *marks.REPAIRS,
    *preambles.REPAIRS,
    *endings.REPAIRS,
    *repetition.REPAIRS,
    *letter_case.REPAIRS,
)
