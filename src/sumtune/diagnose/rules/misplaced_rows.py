"""Texts that stand in the wrong rows, or that belong to another file."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.alignment import Misplaced, find_misplaced
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs, score_change
from sumtune.diagnose.rules.language_and_case import common_language
from sumtune.diagnose.text_features import words

__all__ = ["FEW_MOVED", "LANGUAGE_ROWS", "counts", "misplaced_rows", "what_happened"]

FEWEST_ROWS = 5
LANGUAGE_ROWS = 200
"""Number of rows by which the language of a column is judged."""
FEW_MOVED = 0.5
"""Share of the rows out of place below which the title says that only some are."""
HEADERS = frozenset(
    [
        "prediction",
        "predictions",
        "generated",
        "summary",
        "summaries",
        "reference",
        "references",
        "label",
        "dialogue",
        "text",
    ]
)


def misplaced_rows(outputs: Outputs) -> Finding | None:
    """Predictions, references or dialogues that stand in the wrong rows, or match no row."""
    if len(outputs) < FEWEST_ROWS:
        return None
    columns = {"prediction": outputs.predictions, "reference": tuple(map(" ".join, outputs.references))}
    found = find_misplaced(columns | ({"dialogue": outputs.dialogues} if outputs.dialogues else {}))
    if found is None or (found.order is None and not _one_language(outputs)):
        return None
    name = found.columns[0]
    moved = _moved(found, len(outputs))
    numbers: dict[str, float] = {
        "rows": len(outputs), "share": float(moved.mean()), **counts(found), "rouge1": outputs.score
    }  # fmt: skip
    repaired, scores = None, ""
    if found.order is not None:
        repaired = _in_order(outputs, name, found.order.rows)
        numbers |= {"rouge1_mended": repaired.score}
        scores = f" In the right order, the score {score_change(outputs, repaired)}."
        if name == "dialogue":
            scores = f" Predictions and references match, so the score stays {outputs.score:.3f}."
    texts = columns.get(name, outputs.dialogues or ())
    return Finding(
        code="misplaced_rows",
        title=_title(found),
        severity="fault",
        evidence=what_happened(found, texts) + scores,
        numbers=numbers,
        examples=outputs.first_ids(moved.tolist(), SHOWN_EXAMPLES),
        repaired=repaired,
        columns=found.columns,
    )


def counts(found: Misplaced) -> dict[str, float]:
    """Return how many texts clearly match their own row, and how many another one."""
    return {"in_own_row": int(found.matching.home.sum()), "in_other_row": int(found.matching.away.sum())}


def what_happened(found: Misplaced, texts: tuple[str, ...]) -> str:
    """Return the evidence: how many of `texts` match which rows, and the order in which they stand."""
    matching, name = found.matching, found.columns[0]
    matches = (
        f"By their rare words, {matching.home.sum()} of the {len(texts)} {name}s clearly match their own row and "
        f"{matching.away.sum()} another one"
    )
    if found.order is None:
        return f"{matches}; the rest clearly match none."
    header = set(words(texts[0]))
    cause = " because a header row was counted" if found.order.kind == "shift" and header and header <= HEADERS else ""
    which = "they" if found.order.exact else "most of them"
    return f"{matches}: {which} are {found.order.description}{cause}."


def _one_language(outputs: Outputs) -> bool:
    """Return whether all columns are in the same language, as far as it is recognized."""
    columns = (outputs.predictions, outputs.first_references, outputs.dialogues or ())
    return len({common_language(texts[:LANGUAGE_ROWS]) for texts in columns} - {None}) <= 1


def _title(found: Misplaced) -> str:
    names = [f"{name}s" for name in found.columns]
    if len(names) > 1:
        both = " and ".join(names).capitalize()
        return f"{both} are in different orders" if found.order else f"{both} do not belong together"
    if found.order is None:
        return f"The {names[0]} do not belong to the rows of this file"
    some = (found.order.rows != np.arange(len(found.order.rows))).mean() < FEW_MOVED
    return f"{'Some' if some else 'The'} {names[0]} are in the wrong rows"


def _moved(found: Misplaced, count: int) -> NDArray[np.bool_]:
    return np.ones(count, bool) if found.order is None else found.order.rows != np.arange(count)


def _in_order(outputs: Outputs, name: str, rows: NDArray[np.int64]) -> Outputs:
    """Return the outputs with each text of one column in the row that it belongs to."""
    present = np.argsort(rows)
    if name == "prediction":
        cut_off = None if outputs.cut_off is None else tuple(outputs.cut_off[row] for row in present)
        return replace(outputs, predictions=tuple(outputs.predictions[row] for row in present), cut_off=cut_off)
    if name == "reference":
        return replace(outputs, references=tuple(outputs.references[row] for row in present))
    dialogues = outputs.dialogues or ()
    return replace(outputs, dialogues=tuple(dialogues[row] for row in present))
