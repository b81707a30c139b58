"""Apply the output rules repeatedly, undoing the strongest fault each time so that its symptoms disappear."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.search import GAIN_OF_GUESS
from sumtune.diagnose.rules.columns import columns_swapped, one_summary_for_all
from sumtune.diagnose.rules.copies import predictions_are_dialogues
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short, empty_predictions, never_stops
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.references import references_damaged
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.tokenization import letters_dropped
from sumtune.diagnose.rules.two_groups import two_groups

__all__ = ["FIRST_RULES", "LAST_RULES", "RULES", "find_output_faults", "share_of_lost_score"]

Rule = Callable[[Outputs], Finding | None]

RULES: tuple[Rule, ...] = (
    letters_dropped,
    repairable,
    columns_swapped,
    predictions_are_dialogues,
    empty_predictions,
    one_summary_for_all,
    misplaced_rows,
    wrong_language,
    never_stops,
    cut_short,
)
FIRST_RULES: tuple[Rule, ...] = (references_damaged,)
"""Rules whose finding ends the search, because all others compare predictions with references."""
LAST_RULES: tuple[Rule, ...] = (two_groups,)
"""Rules that apply only where no other finds a cause."""

COLUMN_RULES = (letters_dropped, columns_swapped, predictions_are_dialogues)
"""Rules about whole columns. The effect of a repair on a wrong column means nothing."""
CERTAIN_REPAIRS = {repair.name for repair in REPAIRS if repair.certain}


def find_output_faults(outputs: Outputs) -> Iterator[Finding]:
    """Yield the faults of `outputs`, each with the share of the lost score that is regained when it is undone.

    After each fault, the rules judge the repaired outputs; an uncertain finding repairs nothing. The search ends at a
    fault that cannot be undone. A rule finds at most one fault, except `repairable`: one fault for each repair.
    """
    if damaged := [finding for rule in FIRST_RULES if (finding := rule(outputs)) is not None]:
        yield damaged[0]
        return
    now, left, known = outputs, list(RULES), set[str]()
    while left:
        found = _findings(left, now, known) or _findings(LAST_RULES, now, known)
        if not found:
            return
        rule, worst = max(found, key=lambda pair: _priority(now, *pair))
        yield replace(worst, share=share_of_lost_score(outputs, now, worst.repaired) if worst.repaired else None)
        if worst.repaired is None:
            return
        now = worst.repaired if worst.sure else now
        known.add(worst.code)
        left = [other for other in left if other is not rule or rule is repairable]


def _findings(rules: Sequence[Rule], outputs: Outputs, known: set[str]) -> list[tuple[Rule, Finding]]:
    """Return the findings of `rules`, except those whose code is in `known`."""
    return [(rule, one) for rule in rules if (one := rule(outputs)) is not None and one.code not in known]


def _priority(now: Outputs, rule: Rule, finding: Finding) -> tuple[bool, bool, float, bool]:
    """Return a sort key: wrong columns first, then damage that is certain, then the regained ROUGE-1.

    At equal gain, a fault that cannot be undone comes first.
    """
    gain = finding.repaired.score - now.score if finding.repaired else 0.0
    certain = finding.code in CERTAIN_REPAIRS
    if rule is repairable and not certain:  # a guess; a rule looks at more than one text
        gain -= GAIN_OF_GUESS
    wrong_column = rule in COLUMN_RULES and finding.sure and finding.repaired is not None
    return wrong_column, certain, round(gain, 3), finding.repaired is None


def share_of_lost_score(scored: Outputs, before: Outputs, after: Outputs) -> float | None:
    """Return the gain from `before` to `after` as a share of what `scored` lost (1 minus its ROUGE-1).

    None if `scored` lost nothing.
    """
    lost = 1 - scored.score
    return (after.score - before.score) / lost if lost > 0 else None
