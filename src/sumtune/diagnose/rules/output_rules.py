"""The rules about outputs, in the order of their importance."""

from collections.abc import Callable
from typing import Protocol

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.looks.judged import Mask
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.columns import columns_swapped, one_summary_for_all
from sumtune.diagnose.rules.copies import (
    predictions_are_dialogues,
    predictions_are_references,
    some_predictions_are_references,
)
from sumtune.diagnose.rules.dialogues import dialogues_damaged
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short, empty_predictions, never_stops
from sumtune.diagnose.rules.messages import error_messages, refusals
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.missing_parts import (
    ends_midway,
    marks_detached,
    names_lost,
    punctuation_lost,
    starts_midway,
)
from sumtune.diagnose.rules.other_rows import predictions_repeat, text_of_other_rows, unrelated
from sumtune.diagnose.rules.references import references_damaged
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.teacher_forced import teacher_forced
from sumtune.diagnose.rules.tokenization import letters_dropped
from sumtune.diagnose.rules.two_groups import two_groups
from sumtune.diagnose.rules.unlike import unlike_references
from sumtune.diagnose.rules.wording import broken_sentences, misspelled, odd_lengths, same_template, strange_marks

__all__ = ["COLUMN_RULES", "FIRST_RULES", "LAST_RULES", "LOOKS", "RULES", "Look", "Rule"]

Rule = Callable[[Outputs], Finding | None]


class Look(Protocol):
    """A rule that may be told which predictions are known to be damaged."""

    @property
    def __name__(self) -> str:
        """The code of its finding."""

    def __call__(self, outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
        """Return the finding, if there is one."""


RULES: tuple[Rule, ...] = (
    letters_dropped,
    repairable,
    columns_swapped,
    error_messages,
    refusals,
    predictions_are_dialogues,
    some_predictions_are_references,
    teacher_forced,
    empty_predictions,
    one_summary_for_all,
    predictions_repeat,
    misplaced_rows,
    wrong_language,
    never_stops,
    cut_short,
)
FIRST_RULES: tuple[Rule, ...] = (dialogues_damaged, references_damaged, predictions_are_references)
"""Rules that come first, because all others compare predictions with references and dialogues."""
LOOKS: tuple[Look, ...] = (
    text_of_other_rows,
    same_template,
    unrelated,
    broken_sentences,
    marks_detached,
    strange_marks,
    starts_midway,
    names_lost,
    misspelled,
    punctuation_lost,
    odd_lengths,
    ends_midway,
)
"""Rules about how predictions look. Of those that explain about as many predictions, the first counts."""
LAST_RULES: tuple[Rule, ...] = (two_groups, unlike_references)
"""Rules that apply only to outputs in which no other finds a fault."""

COLUMN_RULES = (
    letters_dropped, columns_swapped, error_messages, refusals, predictions_are_dialogues,
    some_predictions_are_references,
)  # fmt: skip
"""Rules about whole columns. The effect of a repair on a wrong column means nothing."""
