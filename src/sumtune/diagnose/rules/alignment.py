"""Faults of outputs that stand in what is paired with what: one text for all, shifted rows, swapped columns."""

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import content_words, looks_like_dialogue, overlap, share
from sumtune.evaluate.baselines import lead_3
from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.faithfulness import measure

__all__ = ["columns_swapped", "one_summary_for_all", "predictions_shifted"]

CONSTANT_SHARE = 0.5
FEWEST = 5
"""Examples from which sameness or a shift says anything."""
FARTHEST_SHIFT = 3
SHIFT_GAIN = 1.5
"""Times as much overlap with the neighbour's reference as with the own one."""
SHIFT_P_VALUE = 0.001
TURNS_SHARE = 0.5
LONGER_SHARE = 0.8
LONGER = 2.0
NOVEL_GAIN = 0.1
FEWEST_FOR_SUSPICION = 30


def one_summary_for_all(outputs: Outputs) -> Finding | None:
    """The same text for many dialogues whose references differ."""
    texts = [normalize(prediction) for prediction in outputs.predictions]
    ((most, count),) = Counter(text for text in texts if text).most_common(1) or [("", 0)]
    distinct_references = len({normalize(text) for text in outputs.first_references}) / len(outputs)
    if len(outputs) < FEWEST or count < CONSTANT_SHARE * len(outputs) or distinct_references < CONSTANT_SHARE:
        return None
    bad = [text == most for text in texts]
    # What two lines of code reach that do read the dialogue is the least that is lost.
    repaired = outputs.with_predictions([lead_3(text) for text in outputs.dialogues]) if outputs.dialogues else None
    least = f" The first three turns of each dialogue alone would score {repaired.score:.3f}." if repaired else ""
    return Finding(
        code="one_summary_for_all",
        title="One and the same summary is written for nearly all dialogues",
        severity="fault",
        evidence=f"{count} of {len(texts)} predictions are the same text, while {distinct_references:.0%} of the "
        f"references differ; the score is {outputs.score:.3f}.{least}",
        numbers={"share": count / len(texts), "rouge1": outputs.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired if repaired and repaired.score > outputs.score else None,
    )


def predictions_shifted(outputs: Outputs) -> Finding | None:
    """Each prediction beside the reference of a neighbour."""
    if len(outputs) < FEWEST:
        return None
    said = [content_words(text) for text in outputs.predictions]
    wanted = [content_words(text) for text in outputs.first_references]
    shifts = [shift for size in range(1, FARTHEST_SHIFT + 1) for shift in (size, -size) if size < len(outputs) / 2]
    at = {shift: _overlaps(said, wanted, shift) for shift in (0, *shifts)}
    shift = max(shifts, key=lambda shift: at[shift].mean())
    gain = at[shift] - at[0]
    if at[shift].mean() < SHIFT_GAIN * at[0].mean() or gain.mean() <= 0:
        return None
    if paired(gain, np.random.default_rng(0), resamples=2_000)[2] > SHIFT_P_VALUE:
        return None
    repaired = outputs.with_predictions(np.roll(np.array(outputs.predictions, dtype=object), shift).tolist())
    rows = f"{abs(shift)} row{'s' if abs(shift) > 1 else ''} {'down' if shift > 0 else 'up'}"
    return Finding(
        code="predictions_shifted",
        title="The predictions stand beside the wrong references",
        severity="fault",
        evidence=f"Moved {rows}, the predictions score {repaired.score:.3f} "
        f"instead of {outputs.score:.3f}: each is about the dialogue of its neighbour.",
        numbers={"shift": shift, "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.first_ids([True] * len(outputs), SHOWN_EXAMPLES),
        repaired=repaired,
    )


def columns_swapped(outputs: Outputs) -> Finding | None:
    """A dialogue where a prediction or reference belongs, and the other way round."""
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
    return _references_copy_more(outputs)


def _references_copy_more(outputs: Outputs) -> Finding | None:
    """A suspicion only: what people write is nearly always less of a copy than what a model writes."""
    dialogues = outputs.dialogues or ()
    rows = zip(outputs.predictions, outputs.first_references, dialogues, strict=True)
    novel = [[measure(text, heard, [text]).novel_bigrams for text in (said, wanted)] for said, wanted, heard in rows]
    by_prediction, by_reference = np.array(novel).T
    gain = by_prediction - by_reference
    if gain.mean() < NOVEL_GAIN or len(outputs) < FEWEST_FOR_SUSPICION:
        return None
    if paired(gain, np.random.default_rng(0), resamples=2_000)[2] > SHIFT_P_VALUE:
        return None
    found = _swapped(outputs, ("prediction", "reference"), None)
    return replace(
        found,
        title="Predictions and references may be swapped",
        sure=False,
        severity="limit",
        evidence=f"{by_prediction.mean():.0%} of the word pairs of the predictions are not in their dialogues, and "
        f"only {by_reference.mean():.0%} of those of the references: the references copy more. ROUGE as F-measure is "
        "nearly the same either way, so the score does not show it.",
        numbers={"novel_predictions": float(by_prediction.mean()), "novel_references": float(by_reference.mean())},
        repaired=replace(outputs, predictions=outputs.first_references,
                       references=tuple((text,) for text in outputs.predictions), cut_off=None),
    )  # fmt: skip


def _dialogue_as_reference(outputs: Outputs) -> Finding | None:
    in_references, in_predictions = (
        share(map(looks_like_dialogue, texts)) for texts in (outputs.first_references, outputs.predictions)
    )
    if abs(in_references - in_predictions) < TURNS_SHARE:
        return None
    name = "reference" if in_references > in_predictions else "prediction"
    return _swapped(outputs, (name, name), None)


def _is_rather_dialogue(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> bool:
    """Whether `texts` have the turns that `dialogues` lack, or both have none and `texts` are far longer."""
    turns, other_turns = (share(map(looks_like_dialogue, column)) for column in (texts, dialogues))
    sizes = [(len(text.split()), len(dialogue.split())) for text, dialogue in zip(texts, dialogues, strict=True)]
    if share(size > other for size, other in sizes) < LONGER_SHARE:
        return False
    far_longer = share(size > LONGER * other for size, other in sizes) >= LONGER_SHARE
    return turns - other_turns >= TURNS_SHARE or (far_longer and other_turns < 0.1)


def _swapped(outputs: Outputs, columns: tuple[str, str], repaired: Outputs | None) -> Finding:
    one, other = columns
    what = f"The columns `{one}` and `{other}`" if one != other else f"A column of dialogues and the column `{one}`"
    scores = f" Swapped back, the score is {repaired.score:.3f} instead of {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="columns_swapped",
        title="Columns are swapped",
        severity="fault",
        evidence=f"{what} are swapped: turns such as `Name: text`, or far longer texts, stand where a summary "
        f"belongs.{scores}",
        numbers={"rouge1": outputs.score},
        examples=outputs.first_ids([True] * len(outputs), SHOWN_EXAMPLES),
        repaired=repaired,
        columns=columns,
    )


def _overlaps(said: list[set[str]], wanted: list[set[str]], shift: int) -> NDArray[np.float64]:
    """Overlap of each reference with the prediction `shift` rows above, cyclically: `(examples,)`."""
    return np.array([overlap(said[(place - shift) % len(said)], words) for place, words in enumerate(wanted)])
