"""Predictions that are copies of another column."""

from collections.abc import Sequence

from sumtune.data.example import normalize
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share

__all__ = ["predictions_are_dialogues"]

FEWEST_COPIES = 3
DIALOGUE_SHARE = 0.05
"""Share of predictions that are their whole dialogue."""


def predictions_are_dialogues(outputs: Outputs) -> Finding | None:
    """Whole dialogues in place of predictions."""
    if outputs.dialogues is None:
        return None
    texts = zip(outputs.predictions, outputs.dialogues, strict=True)
    bad = [normalize(prediction) == normalize(dialogue) for prediction, dialogue in texts]
    if sum(bad) < FEWEST_COPIES or share(bad) < DIALOGUE_SHARE or _only_the_shortest(bad, outputs.dialogues):
        return None
    repaired = outputs.filtered([not wrong for wrong in bad])
    others = f" The others score {repaired.score:.3f}, all predictions {outputs.score:.3f}." if repaired else ""
    return Finding(
        code="predictions_are_dialogues",
        title=f"{how_many(bad)} predictions are their dialogues",
        severity="fault",
        evidence=f"{sum(bad)} of {len(bad)} predictions are identical to their dialogue.{others}",
        numbers={"share": share(bad), "rouge1": outputs.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _only_the_shortest(chosen: Sequence[bool], dialogues: Sequence[str]) -> bool:
    """Return whether the chosen dialogues have fewer turns than all others, as if some turns of each were copied."""
    turns = [sum(bool(line.strip()) for line in dialogue.splitlines()) for dialogue in dialogues]
    short, others = ([count for count, one in zip(turns, chosen, strict=True) if one is mine] for mine in (True, False))
    return bool(short and others) and max(short) < min(others)
