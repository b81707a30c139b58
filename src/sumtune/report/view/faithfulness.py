"""What summaries say that nobody said: shares for each system, and the number of summaries with each kind."""

from collections import Counter
from dataclasses import dataclass

from sumtune.evaluate.scorecard import TUNED, Scorecard
from sumtune.report.view.examples import shortened

__all__ = ["KINDS", "MEANINGS", "Claims", "claims_of"]

MEANINGS = {
    "unsupported": "names and numbers that are not in the conversation, as a share of all names and numbers",
    "inconsistent": "summaries that say something that the conversation does not (English only)",
    "novel_bigrams": "pairs of words that are not in the conversation, as a share: low means copying",
    "repetition": "repeated triples of words, as a share",
    "length_ratio": "length divided by that of the reference: 1 is as long",
    "copied": "summaries that stand word for word in the conversation",
    "empty": "summaries without a word",
    "cut_off": "summaries that were stopped by the limit of their length",
}
"""What each measure is, in the order in which the report lists them."""
QUOTES = 10
KINDS = {
    "name": "a name that is not in the conversation",
    "number": "a number that is not in the conversation, or belongs to something else",
    "subject": "something that the conversation says of somebody else",
    "negation": "the opposite of what was said",
    "sentence": "a sentence with hardly a word of the conversation",
}


@dataclass(frozen=True)
class Claims:
    """Number of tuned summaries with at least one claim that the conversation does not support."""

    summaries: int
    total: int
    by_kind: tuple[tuple[str, int], ...]
    """Number of summaries by the description of the kind, largest first."""
    quoted: tuple[tuple[str, str, str], ...]
    """Some claims, each from a different example: its id, the text and the reason."""


def claims_of(scorecard: Scorecard, *, quotes: int = QUOTES) -> Claims:
    """Return how many tuned summaries have unsupported claims, by kind, and quote at most `quotes` of them."""
    found = [{one.kind for one in example.systems[TUNED].inconsistencies} for example in scorecard.examples]
    counts = Counter(kind for kinds in found for kind in kinds)
    by_kind = tuple((KINDS[kind], count) for kind, count in counts.most_common())
    firsts = [(one.id, one.systems[TUNED].inconsistencies[:1]) for one in scorecard.examples]
    quoted = [(name, shortened(claim.text), claim.reason) for name, some in firsts for claim in some]
    return Claims(sum(map(bool, found)), len(found), by_kind, tuple(quoted[:quotes]))
