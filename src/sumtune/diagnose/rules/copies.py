"""Predictions that are copies of another column."""

import re
from collections.abc import Sequence

from scipy.special import bdtrc

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.looks.judged import SAMPLE, is_copied
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share
from sumtune.text.words import count_words

__all__ = ["predictions_are_dialogues", "some_predictions_are_references"]

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
NEAR_REFERENCE = 0.8
NEAR_SHARE = 0.1
"""ROUGE-1 of a prediction that is nearly its reference, and largest share of the predictions besides the copies that
may be so: an excellent model writes some references by itself."""
SAME_START = 20
"""Characters after the first name that show that a prediction begins with a passage of the dialogue."""
SPEAKER = re.compile(r"^[^\n:：]{1,30}[:：]\s*")


def predictions_are_dialogues(outputs: Outputs) -> Finding | None:
    """Predictions copied from their dialogue (all of it, a turn or a passage), or turns that go on with it."""
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


def _copied(outputs: Outputs, dialogues: Sequence[str]) -> list[bool]:
    """Return which predictions are copies; of a system that only copies, passages and short dialogues do not count."""
    rows = list(zip(outputs.predictions, dialogues, strict=True))
    whole = [normalize(text) == normalize(dialogue) for text, dialogue in rows]
    parts = [_is_long_enough(text) and _is_turn(text, dialogue) for text, dialogue in rows]
    if _only_the_shortest(whole, dialogues):
        whole = [False] * len(whole)
    if share(is_copied(outputs, row, text) for row, text in enumerate(outputs.predictions)) <= MOST_COPIED:
        parts = [part or _is_passage(text, dialogue) for part, (text, dialogue) in zip(parts, rows, strict=True)]
    return [one or other for one, other in zip(whole, parts, strict=True)]


def _invented(outputs: Outputs, dialogues: Sequence[str]) -> list[bool]:
    """Return which predictions are turns of the dialogue's speakers, but not its own; none if references are such."""
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
    speakers = {found[0].strip() for line in dialogue.splitlines() if (found := SPEAKER.match(line))}
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [SPEAKER.match(line) for line in lines]
    said = " ".join(SPEAKER.sub("", line) for line in lines)
    return _is_long_enough(said) and all(start is not None and start[0].strip() in speakers for start in starts)


def some_predictions_are_references(outputs: Outputs) -> Finding | None:
    """Some predictions that are identical to their references, while the others are not even similar."""
    bad = [
        _is_long_enough(text) and normalize(text) in map(normalize, references)
        for text, references in zip(outputs.predictions, outputs.references, strict=True)
    ]
    repaired = outputs.filtered([not wrong for wrong in bad])
    if not _too_many(bad) or repaired is None or share(repaired.scores >= NEAR_REFERENCE) > NEAR_SHARE:
        return None
    return Finding(
        code="some_predictions_are_references",
        title=f"{how_many(bad)} predictions are their references",
        severity="fault",
        evidence=f"{sum(bad)} of {len(bad)} predictions are identical to a reference. The others score "
        f"{repaired.score:.3f}, all predictions {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _is_long_enough(text: str) -> bool:
    return count_words(text) >= WORDS_OF_COPY


def _is_turn(text: str, dialogue: str) -> bool:
    """Return whether `text` is one line of the dialogue, with or without the name before the colon."""
    own = normalize(SPEAKER.sub("", text))
    return any(own == normalize(SPEAKER.sub("", line)) for line in dialogue.splitlines())


def _is_passage(text: str, dialogue: str) -> bool:
    """Return whether `text` is a longer part of the dialogue, word for word."""
    return count_words(text) >= WORDS_OF_PASSAGE and normalize(text) in normalize(dialogue)


def _too_many(copies: Sequence[bool]) -> bool:
    """Return whether there are more copies than chance explains (binomial test)."""
    count = sum(copies)
    return count >= FEWEST_COPIES and float(bdtrc(count - 1, len(copies), CLEAN_COPIES)) <= COPIES_P_VALUE


def _only_the_shortest(chosen: Sequence[bool], dialogues: Sequence[str]) -> bool:
    """Return whether the chosen dialogues have fewer turns than all others, as if some turns of each were copied."""
    turns = [sum(bool(line.strip()) for line in dialogue.splitlines()) for dialogue in dialogues]
    short, others = ([count for count, one in zip(turns, chosen, strict=True) if one is mine] for mine in (True, False))
    return bool(short and others) and max(short) < min(others)
