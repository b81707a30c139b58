"""Remedies for damage that a repair undoes: the library of repairs says what to fix in the other tool."""

from collections.abc import Callable, Mapping

from sumtune.config import AUTO
from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedies.output_faults import fix_and_score_again
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.repairs.library import REPAIRS

__all__ = ["REMEDIES"]

TOKENS, WORDS = 5, 3
"""Lengths of the sequences that are not to be repeated: shorter than by default, but names of two words may recur."""
INSTRUCTIONS = {repair.name: repair.remedy for repair in REPAIRS}


def forbid_repeats(finding: Finding, context: Context) -> Remedy:
    """Generate again, without repeats."""
    config = context.commands.config
    if context.commands.predictions is not None or config is None:
        return fix_damage(finding, context)
    tokens, words = config.decode.no_repeat_ngram_size, config.decode.no_repeat_words
    if tokens != AUTO and words != AUTO and 0 < tokens <= TOKENS and 0 < words <= WORDS:
        return fix_damage(finding, context)
    settings = f"decode.no_repeat_ngram_size={TOKENS}", f"decode.no_repeat_words={WORDS}"
    command = context.commands.evaluate(*(part for setting in settings for part in ("--set", setting)))
    return Remedy("write summaries without repeats", (command,))


def fix_damage(finding: Finding, context: Context) -> Remedy:
    """Tell the user what to fix, and to score again."""
    return fix_and_score_again(context, INSTRUCTIONS[finding.code])


REMEDIES: Mapping[str, Callable[[Finding, Context], Remedy]] = dict.fromkeys(INSTRUCTIONS, fix_damage) | dict.fromkeys(
    ("sentences_repeated", "ends_in_loop"), forbid_repeats
)
"""Remedies by the name of the repair."""
