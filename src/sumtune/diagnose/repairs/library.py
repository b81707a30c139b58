"""All repairs. A new kind of damage needs one more function in one of these modules."""

from sumtune.diagnose.repairs import letter_case, marks, preambles, spacing
from sumtune.diagnose.repairs.repair import Repair

__all__ = ["REPAIRS"]

REPAIRS: tuple[Repair, ...] = (*spacing.REPAIRS, *marks.REPAIRS, *preambles.REPAIRS, *letter_case.REPAIRS)
