"""Word triples that many texts of a column have in common, as if they were filled into the same template."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sumtune.diagnose.text_features import words

__all__ = ["Template"]

DIGITS = re.compile(r"\d+")
FEWEST_TEXTS = 3
"""Number of different texts with the same triple."""

Triple = tuple[str, ...]


class Template:
    """Word triples that at least `FEWEST_TEXTS` of some texts have, but no other text. Numbers count as equal."""

    def __init__(self, texts: Sequence[str], others: Iterable[str] = (), least_share: float = 0) -> None:
        """Count the triples of `texts`, of which at least `least_share` must have them; those of `others` are usual."""
        counts = Counter(triple for text in dict.fromkeys(texts) for triple in set(_triples(text)))
        fewest = max(FEWEST_TEXTS, least_share * len(texts))
        common = {triple for triple, count in counts.items() if count >= fewest}
        for text in others if common else ():
            common.difference_update(_triples(text))
        self._common = common

    def share(self, text: str) -> float:
        """Return the share of the triples of `text` that belong to the template; 0 without a triple."""
        triples = _triples(text)
        return sum(map(self._common.__contains__, triples)) / len(triples) if triples else 0.0


def _triples(text: str) -> list[Triple]:
    found = words(DIGITS.sub("0", text))
    return list(zip(found, found[1:], found[2:], strict=False))
