"""Faults of the references: no prediction can score well against them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from operator import ne

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.judged import is_copied
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.frames import USUAL_MARK_SHARE, Frame, find_frames
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.marks import SPECIAL
from sumtune.diagnose.repairs.repair import Repair, Row
from sumtune.diagnose.rules.damages import Damage, Flags, main_damage
from sumtune.diagnose.rules.language_and_case import has_same_words, languages_of
from sumtune.diagnose.rules.lengths import NEVER_LAST, says_nothing
from sumtune.diagnose.text_features import (
    DETACHED,
    breaks_off,
    ends_sentence,
    how_many,
    looks_like_dialogue,
    share,
    speakers,
    words,
)
from sumtune.text.language import language_of
from sumtune.text.words import count_words

__all__ = ["references_damaged"]

FEWEST = 5
"""Minimum number of references for a claim about all of them."""
SOME_REFERENCES = 0.05
FEW_WORDS = 3
DAMAGED_SHARE = 0.5
CUT_REFERENCES = 0.3
DETACHED_REFERENCES = 0.3
UNFINISHED_REFERENCES = 0.1
NO_LETTERS = re.compile(r"[\W_]+")
GLUED_LETTERS = re.compile(r"[^\W\d_]{13}")
"""More letters in a row than a number or an id has."""
SENTENCES_GLUED = re.compile(r"(?<=[^\W\d_]{2})[.!?](?=[^\W\d_]{2})")
COPIED_LETTERS = 12
"""Letters that a reference must share with the start of its dialogue."""
SAMPLE = 200
"""Number of examples by which languages are judged first."""
MOST_NAMES = 6
"""Largest number of words in a reference that is only a list of names."""
PREDICTION_RATIO = 0.5
"""Largest ratio of the share among predictions to that among references, if the references are at fault."""

MARK = re.compile(rf"{SPECIAL.pattern}|!{{4,}}|\ufffd", re.IGNORECASE)
MASK = re.compile(r"(?<!\w)(?:\[[A-Z]\w*\]|<[A-Z]\w*>|\{[A-Z]\w*\}|#[A-Z]\w*#)(?!\w)")
NUMBERS = re.compile(r"[\W_]*\d[\W\d_]*")
RARE_MARKS = frozenset("[]{}<>|#*_=~^@")
SPEAKER = re.compile(r"^\s*([^\n:：]{1,30})[:：]", re.MULTILINE)


def references_damaged(outputs: Outputs) -> Finding | None:
    """References that are cut off, all the same, copied, in another language, or no summaries at all."""
    if len(outputs) < FEWEST or share(map(looks_like_dialogue, outputs.first_references)) >= DAMAGED_SHARE:
        return None  # with dialogues as references, the columns may be swapped
    found = main_damage(_damages(outputs), PREDICTION_RATIO)
    if found is None:
        return None
    what, _, bad, in_predictions = found
    alike = f"only {in_predictions:.0%}" if in_predictions >= 0.005 else "hardly any" if in_predictions else "none"
    return Finding(
        code="references_damaged",
        title=f"{how_many(bad)} references {what}",
        severity="fault",
        evidence=f"{sum(bad)} of the {len(bad)} references {what} (of the predictions: {alike}). ROUGE-1 is "
        f"{outputs.score:.3f}, and does not show how good the predictions are.",
        numbers={"share": share(bad), "damaged": sum(bad), "references": len(bad),
                 "share_predictions": in_predictions, "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=None if share(bad) >= DAMAGED_SHARE else outputs.filtered([not one for one in bad]),
    )  # fmt: skip


def _damages(outputs: Outputs) -> Iterator[Damage]:
    """Yield what may be wrong with references, from which share on, which references, and the share of predictions."""
    for what, least, find in (
        ("are numbers or ids", SOME_REFERENCES, _numbers),
        ("hold no text", SOME_REFERENCES, _empty),
        ("contain special tokens, `!!!!` or unreadable characters", SOME_REFERENCES, _marked),
        ("are the same text", DAMAGED_SHARE, _constant),
        ("contain the same text twice", DAMAGED_SHARE, _twice),
    ):
        yield what, least, find(outputs.first_references), share(find(outputs.predictions))
    turns = [_are_turns(texts, outputs.dialogues or ()) for texts in (outputs.first_references, outputs.predictions)]
    yield "are dialogues", SOME_REFERENCES, turns[0], share(turns[1])
    for what, least, find_in in (
        ("only name the speakers", DAMAGED_SHARE, _speakers_only),
        ("repeat the start of their dialogue", SOME_REFERENCES, _start_of_dialogue),
    ):
        if outputs.dialogues is not None:
            flags = (find_in(texts, outputs.dialogues) for texts in (outputs.first_references, outputs.predictions))
            bad, predicted = flags
            yield what, least, bad, share(predicted)
    columns = (outputs.first_references, outputs.predictions)
    masked = [_has_mask(texts, outputs.dialogues or ()) for texts in columns]
    yield "contain masks in place of names", SOME_REFERENCES, masked[0], share(masked[1])
    yield from _repairable(outputs)
    few = _few_words(outputs.first_references)
    yield "are a few words and no sentence", SOME_REFERENCES, few, share(_few_words(outputs.predictions))
    unfinished = [
        breaks_off(text) and not is_copied(outputs, row, text)  # turns often have no full stop
        for row, text in enumerate(outputs.first_references)
    ]
    for unit, size in (("characters", len), ("words", count_words)):
        limit, bad = _cut_at(outputs.first_references, size)
        if 2 * sum(bad) >= sum(unfinished):  # otherwise, the limit does not explain the others
            yield f"are cut off at {limit} {unit}", CUT_REFERENCES, bad, share(_cut_at(outputs.predictions, size)[1])
    yield "do not end like a sentence", UNFINISHED_REFERENCES, unfinished, share(map(breaks_off, outputs.predictions))
    midway = [list(map(_stops_midway, texts)) for texts in columns]
    yield "stop after a word such as `the` or `to`", UNFINISHED_REFERENCES, midway[0], share(midway[1])
    yield from _foreign(outputs)
    glued = [[_has_glued_sentences(text) for text in texts] for texts in columns]
    yield "have no space between their sentences", UNFINISHED_REFERENCES, glued[0], share(glued[1])
    detached = [[DETACHED.search(text) is not None for text in texts] for texts in columns]
    yield "have spaces before their punctuation", DETACHED_REFERENCES, detached[0], share(detached[1])
    yield from _framed(*columns, outputs.dialogues or ())


def _framed(references: Sequence[str], predictions: Sequence[str], dialogues: Sequence[str]) -> Iterator[Damage]:
    """Yield references that begin alike: with a mark that other texts rarely have, or numbers: `[note 7]`, `4/5 - `."""
    frames, others = find_frames(references, predictions, dialogues), (dialogues, predictions)
    marks = {
        mark for mark in RARE_MARKS if all(share(mark in text for text in texts) < USUAL_MARK_SHARE for texts in others)
    }
    bad, predicted = (
        [any(_has_frame(frame, text, marks) for frame in frames) for text in texts]
        for texts in (references, predictions)
    )
    yield "begin with the same words", SOME_REFERENCES, bad, share(predicted)


def _has_frame(frame: Frame, text: str, marks: AbstractSet[str]) -> bool:
    found = frame.pattern.match(text)
    return found is not None and (not marks.isdisjoint(found[0]) or NUMBERS.fullmatch(found[0]) is not None)


def _repairable(outputs: Outputs) -> Iterator[Damage]:
    """Yield damage that a certain repair undoes in references. A sample must show half of it."""
    sample = outputs.sample(SAMPLE)
    for repair in (one for one in REPAIRS if one.certain and one.specific):
        least = DAMAGED_SHARE if repair.name == "case_destroyed" else SOME_REFERENCES
        if share(_changed(sample, sample.first_references, repair)) >= least / 2:
            bad, predicted = (
                _changed(outputs, texts, repair) for texts in (outputs.first_references, outputs.predictions)
            )
            yield repair.what, least, bad, share(predicted)


def _changed(outputs: Outputs, texts: tuple[str, ...], repair: Repair) -> Flags:
    """Return which of the texts of a column the repair changes, by the words of the other column and the dialogues."""
    dialogues = outputs.dialogues or ("",) * len(outputs)
    others = outputs.predictions if texts == outputs.first_references else outputs.first_references
    corpus = Corpus(texts, others, dialogues)
    rows = (Row(said, corpus) for said in dialogues)
    return list(map(ne, repair.undo_all(texts, rows), texts))


def _empty(texts: tuple[str, ...]) -> Flags:
    return list(map(says_nothing, texts))


def _numbers(texts: tuple[str, ...]) -> Flags:
    """Return which texts are a single number or a code with digits, but not glued words."""
    return [count_words(text) == 1 and any(map(str.isdigit, text)) and not GLUED_LETTERS.search(text) for text in texts]


def _are_turns(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> Flags:
    """Return which texts have turns of a speaker of the dialogues, if these are known; labels may look like turns."""
    known = frozenset(chain.from_iterable(map(speakers, dialogues)))
    return [looks_like_dialogue(text) and (not known or not known.isdisjoint(speakers(text))) for text in texts]


def _few_words(texts: tuple[str, ...]) -> Flags:
    return [
        0 < count_words(text) <= FEW_WORDS and not ends_sentence(text) and not SPEAKER.match(text) for text in texts
    ]


def _marked(texts: tuple[str, ...]) -> Flags:
    return [MARK.search(text) is not None for text in texts]


def _has_mask(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> Flags:
    """Return which texts have a mask such as `[NAME]` or `#Person1#`; none if dialogues have masks, too."""
    if share(MASK.search(text) is not None for text in dialogues) >= USUAL_MARK_SHARE:
        return [False] * len(texts)
    return [MASK.search(text) is not None for text in texts]


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


def _foreign(outputs: Outputs) -> Iterator[Damage]:
    """Yield references in another language than their dialogues."""
    sample = outputs.sample(SAMPLE)
    if share(_not_as_spoken(sample, sample.first_references)) >= SOME_REFERENCES / 2:
        bad, predicted = (_not_as_spoken(outputs, texts) for texts in (outputs.first_references, outputs.predictions))
        yield "are not in the language of their dialogues", SOME_REFERENCES, bad, share(predicted)


def _not_as_spoken(outputs: Outputs, texts: Sequence[str]) -> Flags:
    """Return which texts are in another recognized language than their dialogues, as far as this is a usual one."""
    usual = languages_of(outputs.dialogues or ())
    pairs = zip(outputs.dialogues or ("",) * len(texts), texts, strict=True)
    return [
        language_of(said) in usual
        and language_of(text) not in (None, language_of(said))
        and not has_same_words(text, said)
        for said, text in pairs
    ]


def _stops_midway(text: str) -> bool:
    """Return whether the last word is one that hardly any finished summary ends with, whatever mark follows it."""
    return any(word in NEVER_LAST for word in words(text)[-1:])


def _has_glued_sentences(text: str) -> bool:
    """Return whether a capital directly follows the end of a sentence, as if several texts had been joined."""
    return any(
        text[mark.start() - 1].islower() and text[mark.end()].isupper() for mark in SENTENCES_GLUED.finditer(text)
    )


def _letters(text: str) -> str:
    return NO_LETTERS.sub("", text.casefold())
