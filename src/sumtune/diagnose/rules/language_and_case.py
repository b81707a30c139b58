"""Faults in the letters of outputs: another language or script, wrong case."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share, words

__all__ = ["case_destroyed", "common_language", "wrong_language"]

OTHER_LANGUAGE_SHARE = 0.2
CASE_SHARE = 0.5
REFERENCE_CASE_SHARE = 0.2
FEWEST_OTHER = 3
FEWEST_HITS = 3
CLEAR_HITS = 1.3
"""Smallest ratio of function words between the best and the second-best language of a text."""

_FUNCTION_WORDS = {
    "English": "the and to of is that was for with he she they his her will are it has have not be at this from do no",
    "German": "der die das und ist nicht ein eine zu den mit für auf sie er wird hat sich dem im wir ich es von auch",
    "French": "le les et est une des du que qui pour dans il elle ne pas sur avec au aux ils sont été je nous ce",
    "Spanish": "el los las y es una que por para con se del su al como más pero lo ella están está él muy",
    "Italian": "il gli è una di che per con non si del della sono ha al anche ma lo alla hanno questo nel",
    "Portuguese": "os é uma de que para com não se da um ao mas ele ela são tem em na pela isso você",
    "Dutch": "het een en van dat niet te op zijn voor met aan er hij zij wordt naar heeft ook maar ze",
    "Polish": "nie się że jest jak ale tak przez jego są dla który czy może tylko już ich oraz będzie w z",
}
FUNCTION_WORDS: Mapping[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _FUNCTION_WORDS.items()}
"""Common function words of each language that is recognized."""


def wrong_language(outputs: Outputs) -> Finding | None:
    """Predictions in a different language or script from the references."""
    expected = common_language(outputs.first_references)
    if expected is None:
        return None
    languages = [_language(prediction) for prediction in outputs.predictions]
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
    """Capitals everywhere, nowhere or at random, while the references are normal. ROUGE ignores case."""
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
    """Return the most frequent recognized language; None if fewer than a quarter of the texts are in it."""
    counts = Counter(_language(text) for text in texts)
    language, count = counts.most_common(1)[0] if counts else (None, 0)
    if language is None and len(counts) > 1:
        language, count = counts.most_common(2)[1]
    return language if count >= len(texts) / 4 else None


def _language(text: str) -> str | None:
    """Return the script of `text` if it is not Latin, otherwise its language; None if neither is recognized."""
    script = _script(text)
    if script != "LATIN":
        return script
    found = words(text)
    hits = Counter({name: sum(word in known for word in found) for name, known in FUNCTION_WORDS.items()})
    (best, most), (_, second) = hits.most_common(2)
    return best if most >= FEWEST_HITS and most > CLEAR_HITS * second else None


def _script(text: str) -> str | None:
    """Return the script of most letters (`LATIN`, `CYRILLIC`), the first word of their Unicode names."""
    scripts = Counter(_script_of(letter) for letter in text if letter.isalpha())
    return scripts.most_common(1)[0][0] if scripts else None


@cache
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]


def _all_upper(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return share(letter.isupper() for letter in letters) > 0.9


def _none_upper(text: str) -> bool:
    return bool(words(text)) and not any(letter.isupper() for letter in text)


def _random_upper(text: str) -> bool:
    """Return True if over a fifth of the words have a capital after a small letter."""
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
