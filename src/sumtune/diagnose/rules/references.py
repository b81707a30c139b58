"""Faults of the references: no prediction can score well against them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.marks import SPECIAL
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.text_features import ends_sentence, how_many, share, words
from sumtune.text.language import language_of
from sumtune.text.words import count_words

__all__ = ["references_damaged"]

FEWEST = 5
"""Minimum number of references for a claim about all of them."""
MARKED_REFERENCES = 0.05
DAMAGED_SHARE = 0.5
CUT_REFERENCES = 0.3
NO_LETTERS = re.compile(r"[\W_]+")
COPIED_LETTERS = 12
"""Letters that a reference must share with the start of its dialogue."""
SAMPLE = 200
"""Number of examples by which languages are judged first."""
MOST_NAMES = 6
"""Largest number of words in a reference that is only a list of names."""
PREDICTION_RATIO = 0.5
"""Largest ratio of the share among predictions to that among references, if the references are at fault."""

MARK = re.compile(rf"{SPECIAL.pattern}|!{{4,}}|\ufffd", re.IGNORECASE)
SPEAKER = re.compile(r"^\s*([^\n:：]{1,30})[:：]", re.MULTILINE)

Flags = list[bool]


def references_damaged(outputs: Outputs) -> Finding | None:
    """References that are cut off, all the same, copied, in another language, or no summaries at all."""
    if len(outputs) < FEWEST:
        return None
    for what, least, bad, in_predictions in _damages(outputs):
        if share(bad) >= least and in_predictions <= PREDICTION_RATIO * share(bad):
            return Finding(
                code="references_damaged",
                title=f"{how_many(bad)} references {what}",
                severity="fault",
                evidence=f"{sum(bad)} of the {len(bad)} references {what}, but only {in_predictions:.0%} of the "
                f"predictions. ROUGE-1 is {outputs.score:.3f}, and does not show how good the predictions are.",
                numbers={"damaged": sum(bad), "references": len(bad), "share_predictions": in_predictions,
                         "rouge1": outputs.score},
                examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
            )  # fmt: skip
    return None


def _damages(outputs: Outputs) -> Iterator[tuple[str, float, Flags, float]]:
    """Yield what may be wrong with references, from which share on, which references, and the share of predictions."""
    for what, least, find in (
        ("contain special tokens, `!!!!` or unreadable characters", MARKED_REFERENCES, _marked),
        ("are numbers or ids", DAMAGED_SHARE, _numbers),
        ("are the same text", DAMAGED_SHARE, _constant),
        ("contain the same text twice", DAMAGED_SHARE, _twice),
    ):
        yield what, least, find(outputs.first_references), share(find(outputs.predictions))
    for what, find_in in (
        ("only name the speakers", _speakers_only),
        ("repeat the start of their dialogue", _start_of_dialogue),
    ):
        if outputs.dialogues is not None:
            flags = (find_in(texts, outputs.dialogues) for texts in (outputs.first_references, outputs.predictions))
            bad, predicted = flags
            yield what, DAMAGED_SHARE, bad, share(predicted)
    for unit, size in (("characters", len), ("words", count_words)):
        limit, bad = _cut_at(outputs.first_references, size)
        yield f"are cut off at {limit} {unit}", CUT_REFERENCES, bad, share(_cut_at(outputs.predictions, size)[1])
    yield from _foreign(outputs)


def _marked(texts: tuple[str, ...]) -> Flags:
    return [MARK.search(text) is not None for text in texts]


def _numbers(texts: tuple[str, ...]) -> Flags:
    """Return which texts are a single number or a code with digits."""
    return [count_words(text) == 1 and any(letter.isdigit() for letter in text) for text in texts]


def _constant(texts: tuple[str, ...]) -> Flags:
    normalized = [normalize(text) for text in texts]
    most, _ = Counter(normalized).most_common(1)[0]
    return [text == most for text in normalized]


def _twice(texts: tuple[str, ...]) -> Flags:
    found = (words(text) for text in texts)
    return [len(half) >= 4 and half[: len(half) // 2] == half[len(half) // 2 :] for half in found]


def _speakers_only(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> Flags:
    """Return which texts are a few words, of which all but one name speakers of the dialogue."""
    listed = (words(text) for text in texts)
    return [
        len(found) <= MOST_NAMES and sum(map(_speakers(dialogue).__contains__, found)) >= max(1, len(found) - 1)
        for found, dialogue in zip(listed, dialogues, strict=True)
    ]


def _speakers(dialogue: str) -> set[str]:
    """Return the words in the names of the speakers."""
    return {word for name in SPEAKER.findall(dialogue) for word in words(name)}


def _start_of_dialogue(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> Flags:
    """Return which texts repeat the dialogue from its first letter, with or without the name of the speaker."""
    return [
        len(letters := _letters(text)) >= COPIED_LETTERS
        and any(_starts_with(said, letters) for said in (dialogue, SPEAKER.sub("", dialogue)))
        for text, dialogue in zip(texts, dialogues, strict=True)
    ]


def _starts_with(text: str, letters: str) -> bool:
    """Return whether the letters of `text` start with `letters`. The first few characters decide for most texts."""
    first = _letters(text[:COPIED_LETTERS])
    return letters.startswith(first) and _letters(text).startswith(letters)


def _cut_at(texts: tuple[str, ...], size: Callable[[str], int]) -> tuple[int, Flags]:
    """Return the size of the longest text, and which texts have this size and end in mid-sentence."""
    sizes = [size(text.rstrip()) for text in texts]
    limit = max(sizes)
    # Without its last space, a text cut after the space is one character shorter.
    least = limit - 1 if size is len else limit
    return limit, [is_size >= least and not ends_sentence(text) for is_size, text in zip(sizes, texts, strict=True)]


def _foreign(outputs: Outputs) -> Iterator[tuple[str, float, Flags, float]]:
    """Yield references in another language than both dialogues and predictions."""
    if outputs.dialogues is None:
        return
    sample = outputs.sample(SAMPLE)
    spoken, predicted = common_language(sample.dialogues or ()), common_language(sample.predictions)
    if spoken is None or spoken != predicted:
        return
    if share(_not_in(spoken, sample.first_references)) < DAMAGED_SHARE / 2:
        return
    flags = [_not_in(spoken, texts) for texts in (outputs.first_references, outputs.predictions)]
    what = f"are not in the language of dialogues and predictions ({spoken})"
    yield what, DAMAGED_SHARE, flags[0], share(flags[1])


def _not_in(language: str, texts: Sequence[str]) -> Flags:
    """Return which texts are in another recognized language."""
    return [language_of(text) not in (None, language) for text in texts]


def _letters(text: str) -> str:
    return NO_LETTERS.sub("", text.casefold())
