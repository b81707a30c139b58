"""Outputs in another language or script than the references."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.file_words import file_words
from sumtune.diagnose.looks.judged import Mask
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share, words
from sumtune.text.language import language_of
from sumtune.text.words import count_words

__all__ = ["common_language", "has_same_words", "languages_of", "wrong_language"]

OTHER_LANGUAGE_SHARE = 0.05
FEWEST_OTHER = 3
FEWEST_RECOGNIZED = 2
OF_SUSPECTS = 0.5
"""Number of texts with strange words that are recognized as the same other language, and their share of these texts."""
FEWEST_WORDS = 3
"""Number of words of a text in another language."""
MOST_COMMON_WORDS = 0.1
"""Largest share of the file's 50 most common words in a text of another language, whose words are strange."""
SAME_WORDS = 0.4
"""Smallest share of the words of a text that another text in the same language may have, and hardly one in another."""
TIMES_FOREIGN_REFERENCES = 4.0
"""Smallest ratio of the shares of predictions and references in another language than most references."""
SAMPLE = 1000
"""Number of examples checked first; all are checked only if half of `OTHER_LANGUAGE_SHARE` of these are foreign."""


def wrong_language(outputs: Outputs, suspects: Mask | None = None) -> Finding | None:
    """Predictions in a different language or script from their references. `suspects` have strange words: `(rows,)`."""
    expected = common_language(outputs.sample(SAMPLE).first_references)
    if expected is None:
        return None
    bad = _foreign(outputs) if suspects is None else _foreign_among(outputs, suspects)
    if not any(bad):
        return None
    usual = languages_of(outputs.first_references)
    found = common_language([text for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong])
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="wrong_language",
        title=f"{how_many(bad)} predictions are in a different language from the references",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions are not in the language of their references"
        f"{f' ({expected})' if len(usual) == 1 else ''}{f', but most often in {found}' if found else ''}.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _foreign(outputs: Outputs) -> list[bool]:
    """Return which predictions are in another language; none if such references are nearly as frequent."""
    if share(_in_other_language(outputs.sample(SAMPLE))) < OTHER_LANGUAGE_SHARE / 2:
        return [False] * len(outputs)
    bad = _in_other_language(outputs)
    few = sum(bad) < FEWEST_OTHER or share(bad) < OTHER_LANGUAGE_SHARE
    return [False] * len(bad) if few or _are_usual(outputs, bad) else bad


def _foreign_among(outputs: Outputs, suspects: Mask) -> list[bool]:
    """Return which suspects are in another language; none unless half of them are recognized as the same one.

    A text with wrong letters may be recognized, too, but has more of the file's most common words.
    """
    usual, known = languages_of(outputs.first_references), file_words(outputs)
    rows = zip(_in_other_language(outputs), outputs.predictions, suspects, strict=True)
    recognized = Counter(language_of(text) for foreign, text, suspect in rows if foreign and suspect)
    if not usual or max(recognized.values(), default=0) < max(FEWEST_RECOGNIZED, OF_SUSPECTS * suspects.sum()):
        return [False] * len(outputs)
    bad = [
        bool(suspect)
        and count_words(text) >= FEWEST_WORDS
        and language_of(text) not in usual
        and known.common_share(text) <= MOST_COMMON_WORDS
        for text, suspect in zip(outputs.predictions, suspects, strict=True)
    ]
    few = sum(bad) < OF_SUSPECTS * suspects.sum() or _are_usual(outputs, bad)
    return [False] * len(bad) if few else bad


def _are_usual(outputs: Outputs, bad: Sequence[bool]) -> bool:
    """Return whether references in another language than most are nearly as frequent as such predictions."""
    outside = _are_outside(outputs.first_references, languages_of(outputs.first_references))
    return share(bad) < TIMES_FOREIGN_REFERENCES * share(outside)


def _in_other_language(outputs: Outputs) -> list[bool]:
    """Return which predictions are in a recognized language that is not that of their reference.

    If the language of a reference is not recognized, it may be any language that other references have.
    """
    usual = languages_of(outputs.first_references)
    rows = zip(outputs.predictions, outputs.first_references, strict=True)
    return [
        language_of(text) not in {None, *({language_of(other)} & usual or usual)} and not has_same_words(text, other)
        for text, other in rows
    ]


def has_same_words(text: str, other: str) -> bool:
    """Return whether `text` has so many words of `other` that it is in its language, whatever the function words say.

    Notes without function words, such as a doctor's, may have single letters or short words of other languages.
    """
    known = frozenset(words(other))
    return share(word in known for word in words(text)) >= SAME_WORDS


def languages_of(texts: Sequence[str]) -> frozenset[str]:
    """Return the languages recognized in several texts; one recognized in only a few may be noise."""
    counts = Counter(language_of(text) for text in texts)
    fewest = max(FEWEST_OTHER, OTHER_LANGUAGE_SHARE * len(texts))
    return frozenset(name for name, count in counts.items() if name is not None and count >= fewest)


def _are_outside(texts: Sequence[str], languages: AbstractSet[str]) -> list[bool]:
    return [language_of(text) not in {None, *languages} for text in texts]


def common_language(texts: Sequence[str]) -> str | None:
    """Return the most frequent language recognized; None if fewer than a quarter of the texts are in it."""
    counts = Counter(language_of(text) for text in texts)
    language, count = counts.most_common(1)[0] if counts else (None, 0)
    if language is None and len(counts) > 1:
        language, count = counts.most_common(2)[1]
    return language if count >= len(texts) / 4 else None
