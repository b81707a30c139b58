"""Faults in the letters of outputs: another language or script, wrong case."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share, words
from sumtune.text.language import language_of

__all__ = ["case_destroyed", "common_language", "wrong_language"]

OTHER_LANGUAGE_SHARE = 0.2
CASE_SHARE = 0.5
REFERENCE_CASE_SHARE = 0.2
FEWEST_OTHER = 3


def wrong_language(outputs: Outputs) -> Finding | None:
    """Predictions in a different language or script from the references."""
    expected = common_language(outputs.first_references)
    if expected is None:
        return None
    languages = [language_of(prediction) for prediction in outputs.predictions]
    bad = [language is not None and language != expected for language in languages]
    if sum(bad) < FEWEST_OTHER or share(bad) < OTHER_LANGUAGE_SHARE:
        return None
    found = common_language([text for text, wrong in zip(outputs.predictions, bad, strict=True) if wrong])
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all together {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="wrong_language",
        title=f"{how_many(bad)} predictions are in a different language from the references",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions are not in the language of the references ({expected})"
        f"{f', but most often in {found}' if found else ''}.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def case_destroyed(outputs: Outputs) -> Finding | None:
    """Predictions with capitals everywhere, nowhere or at random, unlike the references. ROUGE ignores case."""
    for what, has_it in CASES.items():
        bad = [has_it(prediction) for prediction in outputs.predictions]
        in_references = share(map(has_it, outputs.first_references))
        if share(bad) >= CASE_SHARE and in_references < REFERENCE_CASE_SHARE:
            return Finding(
                code="case_destroyed",
                title=f"{how_many(bad)} predictions are {what}",
                severity="fault",
                evidence=f"{share(bad):.0%} of the predictions are {what}, but only {in_references:.0%} of the "
                "references. ROUGE ignores case, so the score does not show it.",
                numbers={"share": share(bad), "share_references": in_references},
                examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
                repaired=replace(outputs, predictions=tuple(text.casefold() for text in outputs.predictions)),
            )
    return None


def common_language(texts: Sequence[str]) -> str | None:
    """Return the most frequent language recognized; None if fewer than a quarter of the texts are in it."""
    counts = Counter(language_of(text) for text in texts)
    language, count = counts.most_common(1)[0] if counts else (None, 0)
    if language is None and len(counts) > 1:
        language, count = counts.most_common(2)[1]
    return language if count >= len(texts) / 4 else None


def _all_upper(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return share(letter.isupper() for letter in letters) > 0.9


def _none_upper(text: str) -> bool:
    return bool(words(text)) and not any(letter.isupper() for letter in text)


def _random_upper(text: str) -> bool:
    """Return whether over a fifth of the words have a capital after a lower-case letter."""
    return share(re.search("[a-z][A-Z]", word) is not None for word in text.split()) > 0.2


def _title_case(text: str) -> bool:
    found = [word for word in text.split() if word[0].isalpha()]
    return len(found) >= 4 and all(word[0].isupper() for word in found) and not _all_upper(text)


CASES: Mapping[str, Callable[[str], bool]] = {
    "in small letters only": _none_upper,
    "in capitals only": _all_upper,
    "in random case": _random_upper,
    "in title case": _title_case,
}
