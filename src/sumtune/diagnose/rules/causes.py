"""Which of several findings about the same outputs names the cause, and which are symptoms of it."""

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.search import GAIN_OF_GUESS
from sumtune.diagnose.rules.copies import predictions_are_dialogues
from sumtune.diagnose.rules.lengths import cut_short
from sumtune.diagnose.rules.messages import error_messages, refusals
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.other_rows import predictions_repeat
from sumtune.diagnose.rules.output_rules import COLUMN_RULES, Rule
from sumtune.diagnose.rules.repairable import repairable

__all__ = [
    "CERTAIN_REPAIRS",
    "LOOKS_SHARE",
    "UNSPECIFIC_REPAIRS",
    "explains_more",
    "is_cause",
    "is_certain",
    "may_be_small",
    "priority",
]

LOOKS_SHARE = 0.5
"""Smallest ratio of the shares of predictions that odd looks explain, and other looks or a symptom."""
CERTAIN_REPAIRS = {repair.name for repair in REPAIRS if repair.certain and repair.specific}
UNSPECIFIC_REPAIRS = {repair.name for repair in REPAIRS if repair.certain and not repair.specific}
MANY_MORE = 3.0
MANY_MORE_THAN_SHARED = 1.5
"""Smallest ratio of the shares of predictions that odd looks explain, and a repair that names the damage, or one of
what several predictions share."""
LITTLE = 0.03
"""Mean gain in ROUGE-1 of the predictions without what several share, below which it may be only a part of what is
wrong with them."""
WHOLE_TEXTS = ("same_template", "unrelated")
"""Odd looks of whole texts, of which what several share may be a part."""
OF_NO_SUMMARIES = (error_messages, refusals, predictions_are_dialogues)
"""Rules about texts that are no summaries: if all are of this kind, nothing is left to be judged."""
SYMPTOMS = ("case_destroyed", "cut_short", "predictions_repeat")
"""Findings that may be a symptom of how predictions look: sorted words do not end like a sentence."""


def _is_guess(rule: Rule, finding: Finding) -> bool:
    return rule is repairable and finding.code not in CERTAIN_REPAIRS | UNSPECIFIC_REPAIRS


def may_be_small(rule: Rule, finding: Finding) -> bool:
    """Return whether a finding is a certain repair of few predictions, or of little use: odd looks may explain more."""
    small = finding.numbers.get("share", 0.0) * _many_more(finding) <= 1
    return _is_certain_repair(rule, finding) and (small or _brings_little(finding))


def _is_certain_repair(rule: Rule, finding: Finding) -> bool:
    return rule is repairable and not _is_guess(rule, finding) and finding.code not in SYMPTOMS


def _many_more(repaired: Finding) -> float:
    return MANY_MORE_THAN_SHARED if repaired.code in UNSPECIFIC_REPAIRS else MANY_MORE


def _brings_little(repaired: Finding) -> bool:
    """Return whether predictions score hardly better without what several share: it may be part of a template."""
    if repaired.code not in UNSPECIFIC_REPAIRS:
        return False
    return repaired.numbers["rouge1_mended"] - repaired.numbers["rouge1"] < LITTLE * repaired.numbers["share"]


def is_cause(rule: Rule, finding: Finding) -> bool:
    """Return whether a finding names a cause, of which odd looks can only be symptoms."""
    if _is_guess(rule, finding):
        gain = finding.numbers["rouge1_mended"] - finding.numbers["rouge1"]
        return gain >= GAIN_OF_GUESS * finding.numbers["share"]
    return finding.sure and finding.code not in SYMPTOMS and not (rule is misplaced_rows and not finding.repaired)


def explains_more(look: Finding, rule: Rule, other: Finding) -> bool:
    """Return whether odd looks explain more than a finding that may be a symptom of them."""
    if rule is cut_short and look.code in ("punctuation_lost", "ends_midway"):
        return False
    if rule is predictions_repeat:  # the text of another row is in a row because it repeats
        return look.code == "same_template"
    if _is_certain_repair(rule, other):
        is_whole_text = _brings_little(other) and look.code in WHOLE_TEXTS
        return look.numbers["share"] >= (1.0 if is_whole_text else _many_more(other)) * other.numbers["share"]
    if rule is misplaced_rows:  # texts of another file have no word of these dialogues, either
        return look.code != "unrelated"
    return look.numbers["share"] >= LOOKS_SHARE * other.numbers.get("share", 0.0)


def priority(now: Outputs, rule: Rule, finding: Finding) -> tuple[bool, bool, bool, float, bool]:
    """Return a sort key: wrong columns first, then damage that is certain, then causes, then the regained ROUGE-1.

    At equal gain, a fault that cannot be undone comes first.
    """
    gain = finding.repaired.score - now.score if finding.repaired else 0.0
    certain = finding.code in CERTAIN_REPAIRS and finding.code not in SYMPTOMS
    if rule is repairable and not certain:  # a guess; a rule looks at more than one text
        gain -= GAIN_OF_GUESS
    wrong_column = rule in COLUMN_RULES and finding.sure and (finding.repaired is not None or rule in OF_NO_SUMMARIES)
    return wrong_column, certain, is_cause(rule, finding), round(gain, 3), finding.repaired is None


def is_certain(now: Outputs, rule: Rule, finding: Finding) -> bool:
    """Return whether a finding is a wrong column or damage that is certain, which come before all others."""
    return any(priority(now, rule, finding)[:2])
