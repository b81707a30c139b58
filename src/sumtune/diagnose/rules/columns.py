"""Faults of whole columns: one text for all rows, swapped columns."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs, score_change
from sumtune.diagnose.rules.lengths import says_nothing
from sumtune.diagnose.text_features import content_words, coverage, how_many, looks_like_dialogue, share
from sumtune.evaluate.baselines import lead_3
from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.faithfulness import novel_bigrams
from sumtune.text.words import count_words

__all__ = ["FEWEST_SAME", "columns_swapped", "one_summary_for_all"]

CONSTANT_SHARE = 0.05
FEWEST_SAME = 4
"""Minimum number of identical predictions."""
FEWEST_SWAPPED = 3
SWAPPED_SHARE = 0.05
"""Smallest number and share of rows whose prediction and dialogue are swapped."""
DISTINCT_SHARE = 0.5
"""Smallest share of distinct references for which identical predictions are a fault."""
MATCH_RATIO = 1.5
"""Smallest ratio of the coverage by the prediction's own dialogue to that by another one, if predictions match."""
OWN_COVERAGE = 0.2
"""Smallest share of the words of predictions that their own dialogue covers, if they are not garbled."""
SWAP_P_VALUE = 0.001
TURNS_SHARE = 0.5
LONGER_SHARE = 0.8
LONGER = 2.0
NOVEL_GAIN = 0.1
FEWEST_FOR_SUSPICION = 30
WORDS_OF_TEXT = 4
"""Number of words of a text whose word pairs show whether it copies."""
SAMPLE = 1000
"""Number of examples compared first; all are compared only if their mean may be `NOVEL_GAIN`."""
STANDARD_ERRORS = 4
"""Number of standard errors by which the mean of all examples may differ from that of the sample."""


def one_summary_for_all(outputs: Outputs) -> Finding | None:
    """One text for many dialogues whose references differ."""
    texts = [normalize(prediction) for prediction in outputs.predictions]
    counts = Counter(text for text in texts if len(text) > 1 and not says_nothing(text))
    ((most, count),) = counts.most_common(1) or [("", 0)]
    if count < sum(times for text, times in counts.items() if times > 1 and text != most):
        return None  # several texts repeat
    distinct_references = len({normalize(text) for text in outputs.first_references}) / len(outputs)
    bad = [text == most for text in texts]
    if count < max(FEWEST_SAME, CONSTANT_SHARE * len(outputs)) or distinct_references < DISTINCT_SHARE:
        return None
    repaired, baseline = outputs.filtered([not wrong for wrong in bad]), ""
    if outputs.dialogues is not None:
        rows = zip(outputs.predictions, outputs.dialogues, bad, strict=True)
        score = outputs.with_predictions([lead_3(said) if wrong else text for text, said, wrong in rows]).score
        baseline = f" With the first three turns of the dialogue in place of this text, the score would be {score:.3f}."
    return Finding(
        code="one_summary_for_all",
        title=f"{how_many(bad)} predictions are the same text",
        severity="fault",
        evidence=f"{count} of {len(texts)} predictions are identical, while {distinct_references:.0%} of the "
        f"references are distinct. The score is {outputs.score:.3f}.{baseline}",
        numbers={"share": count / len(texts), "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def columns_swapped(outputs: Outputs) -> Finding | None:
    """A dialogue in place of a prediction or reference, and vice versa."""
    if outputs.dialogues is None:
        return _dialogue_as_reference(outputs)
    columns = {"prediction": outputs.predictions, "reference": outputs.first_references}
    for name, texts in columns.items():
        if _is_rather_dialogue(texts, outputs.dialogues):
            repaired = (
                replace(outputs, predictions=outputs.dialogues, dialogues=outputs.predictions, cut_off=None)
                if name == "prediction"
                else replace(outputs, references=tuple((text,) for text in outputs.dialogues), dialogues=texts)
            )
            return _swapped(outputs, ("dialogue", name), repaired)
    return _swapped_in_rows(outputs, outputs.dialogues) or _references_copy_more(outputs)


def _swapped_in_rows(outputs: Outputs, dialogues: tuple[str, ...]) -> Finding | None:
    """Return the finding that in some rows the prediction is a dialogue, and the dialogue is none."""
    bad = [
        looks_like_dialogue(text) and not looks_like_dialogue(dialogue) and count_words(text) > count_words(dialogue)
        for text, dialogue in zip(outputs.predictions, dialogues, strict=True)
    ]
    if sum(bad) < FEWEST_SWAPPED or share(bad) < SWAPPED_SHARE:
        return None
    rows = [pair[::-1] if wrong else pair for *pair, wrong in zip(outputs.predictions, dialogues, bad, strict=True)]
    predictions, others = zip(*rows, strict=True)
    found = _swapped(outputs, ("dialogue", "prediction"), replace(outputs, predictions=predictions, dialogues=others))
    return replace(
        found,
        title="In some rows, the prediction and the dialogue are swapped",
        evidence=f"In {sum(bad)} of {len(bad)} rows, the prediction has turns such as `Name: text`, and the dialogue "
        "has none and is shorter.",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
    )


def _references_copy_more(outputs: Outputs) -> Finding | None:
    """Suspect swapped columns if references copy more than predictions do, because people copy less than models."""
    pairs = zip(outputs.predictions, outputs.first_references, strict=True)
    are_texts = outputs.filtered([min(map(count_words, pair)) >= WORDS_OF_TEXT for pair in pairs])
    if len(outputs) < FEWEST_FOR_SUSPICION or are_texts is None or 2 * len(are_texts) < len(outputs):
        return None
    outputs, sample = are_texts, are_texts.sample(SAMPLE)
    if not _match_dialogues(sample):
        return None
    novel = _novel_bigrams(sample)
    more = np.subtract(*novel)
    error = 0.0 if sample is outputs else more.std() / math.sqrt(len(sample))
    if more.mean() + STANDARD_ERRORS * error < NOVEL_GAIN:
        return None
    by_prediction, by_reference = novel if sample is outputs else _novel_bigrams(outputs)
    gain = by_prediction - by_reference
    if gain.mean() < NOVEL_GAIN:
        return None
    if paired(gain, seed=0, resamples=2_000)[2] > SWAP_P_VALUE:
        return None
    found = _swapped(outputs, ("prediction", "reference"), None)
    return replace(
        found,
        title="Predictions and references may be swapped",
        sure=False,
        severity="weakness",
        evidence=f"On average, {by_prediction.mean():.0%} of the word pairs of a prediction are not in its dialogue, "
        f"but only {by_reference.mean():.0%} of those of a reference: the references copy more. The ROUGE F-measure is "
        "nearly the same either way, so the score does not show a swap.",
        numbers={"novel_predictions": float(by_prediction.mean()), "novel_references": float(by_reference.mean())},
        repaired=replace(outputs, predictions=outputs.first_references,
                       references=tuple((text,) for text in outputs.predictions), cut_off=None),
    )  # fmt: skip


def _novel_bigrams(outputs: Outputs) -> NDArray[np.float64]:
    """Return the shares of word pairs that are not in the dialogues, of predictions and references: `(2, rows)`."""
    novel = [
        [novel_bigrams(text, dialogue) for text in texts]
        for *texts, dialogue in zip(outputs.predictions, outputs.first_references, outputs.dialogues or (), strict=True)
    ]
    return np.array(novel).T


def _match_dialogues(outputs: Outputs) -> bool:
    """Return whether predictions share clearly more words with their own dialogue than with another one."""
    dialogues = [content_words(text) for text in outputs.dialogues or ()]
    far = len(outputs) // 2
    shared = [
        (coverage(words, dialogues[row]), coverage(words, dialogues[(row + far) % len(outputs)]))
        for row, words in enumerate(map(content_words, outputs.predictions))
    ]
    own, other = np.array(shared).mean(axis=0)
    return bool(own >= OWN_COVERAGE and own >= MATCH_RATIO * other)


def _dialogue_as_reference(outputs: Outputs) -> Finding | None:
    in_references, in_predictions = (
        share(map(looks_like_dialogue, texts)) for texts in (outputs.first_references, outputs.predictions)
    )
    if abs(in_references - in_predictions) < TURNS_SHARE:
        return None
    name = "reference" if in_references > in_predictions else "prediction"
    return _swapped(outputs, (name, name), None)


def _is_rather_dialogue(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> bool:
    """Return whether `texts` have turns and `dialogues` do not, or neither has turns and `texts` are far longer."""
    sizes = [(count_words(text), count_words(dialogue)) for text, dialogue in zip(texts, dialogues, strict=True)]
    if share(size > other > 0 for size, other in sizes) < LONGER_SHARE:
        return False
    turns, other_turns = (share(map(looks_like_dialogue, column)) for column in (texts, dialogues))
    far_longer = share(size > LONGER * other for size, other in sizes) >= LONGER_SHARE
    return turns - other_turns >= TURNS_SHARE or (far_longer and other_turns < 0.1)


def _swapped(outputs: Outputs, columns: tuple[str, str], repaired: Outputs | None) -> Finding:
    name = columns[1]
    scores = f" With both swapped, the score {score_change(outputs, repaired)}." if repaired else ""
    beside = "" if repaired is None else ", and the dialogue column does not"
    return Finding(
        code="columns_swapped",
        title=f"The {name} column looks like dialogues",
        severity="fault",
        evidence=f"The {name} column has turns such as `Name: text`, or far longer texts{beside}.{scores}",
        numbers={"rouge1": outputs.score},
        examples=outputs.first_ids([True] * len(outputs), SHOWN_EXAMPLES),
        repaired=repaired,
        columns=columns,
    )
