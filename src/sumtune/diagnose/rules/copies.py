"""Predictions that are copies of another column."""

import re
from collections.abc import Sequence

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.judged import SAMPLE, is_copied
from sumtune.diagnose.looks.outliers import chance_of
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.preambles import only_thoughts
from sumtune.diagnose.text_features import cached, content_words, coverage, how_many, share, speakers, words
from sumtune.text.words import count_words

__all__ = [
    "MOST_COPIED",
    "extracts",
    "predictions_are_dialogues",
    "predictions_are_references",
    "some_predictions_are_references",
]

FEWEST_COPIES = 3
CLEAN_COPIES = 0.0075
"""Share of copies that is assumed for clean predictions."""
COPIES_P_VALUE = 5e-3
WORDS_OF_COPY = 3
"""Smallest number of words of a copy that is no coincidence."""
WORDS_OF_PASSAGE = 8
"""Smallest number of words of a passage, which may be longer or shorter than a turn."""
MOST_COPIED = 0.6
"""Largest share of predictions that mostly copy; in a system that does nothing else, such as lead-3, passages are no
fault."""
COPIED_SHARE = 0.8
NEAR_ONE = 0.98
FEWEST_SCORED = 5
"""Minimum number of examples for a claim about all of them."""
NEAR_REFERENCE = 0.8
NEAR_SHARE = 0.1
"""ROUGE-1 of a prediction that is nearly its reference, and largest share of the predictions besides the copies that
may be so: an excellent model writes some references by itself."""
ABOUT = 0.5
"""Share of its names and long words that a summary has from the dialogue, and an instruction has not."""
SAME_START = 20
"""Characters after the first name that show that a prediction begins with a passage of the dialogue."""
SPEAKER = re.compile(r"^[^\n:：]{1,30}[:：]\s*")
WORDS_OF_REFERENCE = 6
"""Smallest number of words of a reference that a prediction does not have by chance."""


def predictions_are_dialogues(outputs: Outputs) -> Finding | None:
    """Predictions copied from their dialogue (all of it, a turn or a passage), or turns that continue it."""
    if outputs.dialogues is None:
        return None
    if len(outputs) > SAMPLE and predictions_are_dialogues(outputs.sample(SAMPLE)) is None:
        return None
    copied, invented = _copied(outputs, outputs.dialogues), _invented(outputs, outputs.dialogues)
    bad = [one or other for one, other in zip(copied, invented, strict=True)]
    if not _too_many(bad):
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="predictions_are_dialogues",
        title=f"{how_many(bad)} predictions are dialogue, not summaries",
        severity="fault",
        evidence=f"{sum(copied)} of {len(bad)} predictions are their dialogue, or a turn or a passage of it; "
        f"{sum(bad) - sum(copied)} consist of other turns (`Name: text`) of its speakers.{others}",
        numbers={
            "share": share(bad),
            "copied": sum(copied),
            "invented": sum(bad) - sum(copied),
            "rouge1": outputs.score,
        },
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def extracts(outputs: Outputs) -> Finding | None:
    """A system that does nothing but copy passages, which is a weakness, not damage."""
    bad = [_is_passage(*row) for row in zip(outputs.predictions, outputs.dialogues or (), strict=False)]
    if len(outputs) < FEWEST_SCORED or share(bad) <= MOST_COPIED:
        return None
    return Finding(
        code="predictions_are_dialogues",
        title=f"{how_many(bad)} predictions are passages of their dialogues",
        severity="weakness",
        evidence=f"{sum(bad)} of {len(bad)} predictions stand word for word in their dialogue (apart from names of "
        "speakers), as if nobody had summarized it.",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
    )


def _copied(outputs: Outputs, dialogues: Sequence[str]) -> list[bool]:
    """Return which predictions are copies; of a system that only copies, passages and short dialogues do not count."""
    rows = list(zip(outputs.predictions, dialogues, strict=True))
    whole = [_ends_with_all(text, dialogue) and not only_thoughts(text) for text, dialogue in rows]
    parts = [_is_long_enough(text) and _is_turn(text, dialogue) for text, dialogue in rows]
    if _only_the_shortest(whole, dialogues):
        whole = [False] * len(whole)
    if share(is_copied(outputs, row, text) for row, text in enumerate(outputs.predictions)) <= MOST_COPIED:
        parts = [part or _is_passage(text, dialogue) for part, (text, dialogue) in zip(parts, rows, strict=True)]
    return [one or other for one, other in zip(whole, parts, strict=True)]


def _invented(outputs: Outputs, dialogues: Sequence[str]) -> list[bool]:
    """Return which predictions are turns of the dialogue's speakers, but not its own.

    None are if references are such turns, or if the turns are summaries about the speakers.
    """
    if Corpus(outputs.predictions, outputs.first_references, tuple(dialogues)).speak_of_speakers:
        return [False] * len(outputs)
    rows = enumerate(zip(outputs.predictions, outputs.first_references, dialogues, strict=True))
    found = [
        (not is_copied(outputs, row, text) and _are_turns(text, dialogue), _are_turns(reference, dialogue))
        for row, (text, reference, dialogue) in rows
    ]
    if share(reference for _, reference in found) > CLEAN_COPIES:
        return [False] * len(found)
    return [prediction for prediction, _ in found]


def _are_turns(text: str, dialogue: str) -> bool:
    """Return whether each line of `text` begins with a speaker of the dialogue, and the first is not from there."""
    if (":" not in text and "：" not in text) or text.strip() in dialogue:
        return False
    first = SPEAKER.sub("", text)[:SAME_START]
    if len(first) == SAME_START and first in dialogue:
        return False
    names = {found[0].strip() for line in dialogue.splitlines() if (found := SPEAKER.match(line))}
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [SPEAKER.match(line) for line in lines]
    said = " ".join(SPEAKER.sub("", line) for line in lines)
    return _is_long_enough(said) and all(start is not None and start[0].strip() in names for start in starts)


def predictions_are_references(outputs: Outputs) -> Finding | None:
    """Predictions identical to the references, or a score near 1, which no summarizer reaches."""
    copied = _are_references(outputs)
    same = share(copied) >= COPIED_SHARE
    if len(outputs) < FEWEST_SCORED or not (same or outputs.score >= NEAR_ONE):
        return None
    return Finding(
        code="predictions_are_references",
        title=f"{how_many(copied)} predictions are their references" if same else "The score is close to 1",
        severity="fault",
        evidence=f"{sum(copied)} of {len(copied)} predictions are a reference, or contain it word for word; ROUGE-1 is "
        f"{outputs.score:.3f}. Two people who summarize the same dialogue rarely write the same text.",
        numbers={"share": share(copied), "rouge1": outputs.score},
        examples=outputs.first_ids(copied, SHOWN_EXAMPLES),
    )


def some_predictions_are_references(outputs: Outputs) -> Finding | None:
    """Some predictions that are identical to their references, while the others are not even similar."""
    bad = _are_references(outputs)
    repaired = outputs.filtered([not wrong for wrong in bad])
    if not _too_many(bad) or repaired is None or share(repaired.scores >= NEAR_REFERENCE) > NEAR_SHARE:
        return None
    return Finding(
        code="some_predictions_are_references",
        title=f"{how_many(bad)} predictions are their references",
        severity="fault",
        evidence=f"{sum(bad)} of {len(bad)} predictions are a reference, or contain it word for word. The others score "
        f"{repaired.score:.3f}, all predictions {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _are_references(outputs: Outputs) -> list[bool]:
    """Return which predictions have the words of a reference, in its order: nothing else, or among other words."""
    dialogues = outputs.dialogues or ("",) * len(outputs)
    return [
        any(_holds(text, reference, dialogue) for reference in references)
        for text, references, dialogue in zip(outputs.predictions, outputs.references, dialogues, strict=True)
    ]


def _holds(text: str, reference: str, dialogue: str) -> bool:
    """Return whether `text` is the reference by its words, or contains one that does not quote the dialogue."""
    wanted = words(reference)
    if len(wanted) < WORDS_OF_REFERENCE:
        return False
    inside = _in_words(reference) in _in_words(text) and _in_words(reference) not in _in_words(dialogue)
    return inside or words(text) == wanted


_plain = cached(normalize)


@cached
def _in_words(text: str) -> str:
    """Return the words of `text` with a space around each."""
    return f" {' '.join(words(text))} "


def _is_long_enough(text: str) -> bool:
    return count_words(text) >= WORDS_OF_COPY


def _is_turn(text: str, dialogue: str) -> bool:
    """Return whether `text` is one line of the dialogue, with or without the name before the colon."""
    return _said(text) in _lines(dialogue)


@cached
def _lines(dialogue: str) -> frozenset[str]:
    return frozenset(map(_said, dialogue.splitlines()))


def _said(line: str) -> str:
    """Return the normalized line without the name before the colon."""
    return normalize(SPEAKER.sub("", line))


def _ends_with_all(text: str, dialogue: str) -> bool:
    """Return whether `text` is the whole dialogue, or a prompt that ends with it and at most two more words."""
    if _plain(text) == _plain(dialogue):
        return True
    before, said, rest = _in_words(text).rpartition(_in_words(dialogue))
    if not said or count_words(dialogue) < WORDS_OF_PASSAGE or count_words(rest) >= WORDS_OF_COPY:
        return False
    return not before.strip() or coverage(content_words(before), content_words(dialogue)) < ABOUT


def _is_passage(text: str, dialogue: str) -> bool:
    """Return whether `text` is a longer part of the dialogue, word for word, whatever its punctuation and names."""
    if count_words(text) < WORDS_OF_PASSAGE:
        return False
    if _plain(text) in _plain(dialogue) or _in_words(text) in _in_words(dialogue):
        return True
    bare = text
    for name in speakers(dialogue):
        bare = bare.replace(f"{name}:", "")
    said = "\n".join(SPEAKER.sub("", line) for line in dialogue.splitlines())
    return count_words(bare) >= WORDS_OF_PASSAGE and _in_words(bare) in _in_words(said)


def _too_many(copies: Sequence[bool]) -> bool:
    """Return whether there are more copies than chance explains (binomial test)."""
    count = sum(copies)
    return count >= FEWEST_COPIES and chance_of(count, len(copies), CLEAN_COPIES) <= COPIES_P_VALUE


def _only_the_shortest(chosen: Sequence[bool], dialogues: Sequence[str]) -> bool:
    """Return whether the chosen dialogues have fewer turns than all others, as if some turns of each were copied."""
    turns = [sum(bool(line.strip()) for line in dialogue.splitlines()) for dialogue in dialogues]
    short, others = ([count for count, one in zip(turns, chosen, strict=True) if one is mine] for mine in (True, False))
    return bool(short and others) and max(short) < min(others)
