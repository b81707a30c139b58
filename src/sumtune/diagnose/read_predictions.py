"""Read a file of predictions from any tool: CSV, JSON, JSONL or Parquet."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sumtune.data.columns import DIALOGUE_NAMES, show_names
from sumtune.data.dialogue import as_text
from sumtune.data.issues import raise_first_error
from sumtune.data.readers import read_file
from sumtune.diagnose.outputs import Outputs
from sumtune.errors import DataError
from sumtune.evaluate.scorecard import TUNED

__all__ = ["PREDICTION_NAMES", "REFERENCE_NAMES", "read_predictions"]

PREDICTION_NAMES = (
    "prediction", "predictions", "predicted", "predicted_summary", "generated", "generated_summary", "generation",
    "output", "outputs", "hypothesis", "candidate", "model_summaries", "model_summary", "response",
)  # fmt: skip
REFERENCE_NAMES = (
    "reference", "references", "reference_summary", "ground_truth", "gold", "target", "label", "labels", "highlights",
    "summary", "original_summaries", "original_summary", "expected",
)  # fmt: skip

Row = Mapping[str, Any]


def read_predictions(
    path: Path, prediction: str | None = None, reference: str | None = None, dialogue: str | None = None
) -> Outputs:
    """Return the outputs in the file `path`, which may be the `predictions.jsonl` of a run.

    A given column name takes precedence over the known names.

    Raises:
        DataError: the file cannot be read, lacks a column, or has a row without a reference.
    """
    tables = read_file(path, guess_encoding=True)
    issues = [issue for table in tables for issue in table.issues]
    raise_first_error(issues)
    for note in (issue for issue in issues if issue.severity == "warning"):
        print(f"Note: {note}.", file=sys.stderr)
    rows = [(number, _flat(row)) for table in tables for number, row in table.rows]
    if not rows:
        raise DataError(f"{path} has no rows: expected a prediction and a reference in each.")
    columns = list(dict.fromkeys(key for _, row in rows for key in row))
    named = {
        "prediction": _find(path, columns, "prediction", prediction, PREDICTION_NAMES) or "",
        "reference": _find(path, columns, "reference", reference, REFERENCE_NAMES) or "",
    }
    dialogue_column = _find(path, columns, "dialogue", dialogue, DIALOGUE_NAMES, needed=dialogue is not None)
    several = "references" if reference is None and "references" in columns else named["reference"]
    return Outputs(
        ids=tuple(str(row.get("id") or number) for number, row in rows),
        predictions=tuple(_text(path, number, "prediction", row.get(named["prediction"])) for number, row in rows),
        references=tuple(
            _references(path, number, row.get(several) or row.get(named["reference"])) for number, row in rows
        ),
        dialogues=None
        if dialogue_column is None
        else tuple(_dialogue(path, number, row.get(dialogue_column)) for number, row in rows),
        columns=named | ({"dialogue": dialogue_column} if dialogue_column else {}),
    )


def _flat(row: Row) -> dict[str, Any]:
    """Return the row unchanged, but with the tuned system's prediction if it comes from our `predictions.jsonl`."""
    systems = row.get("systems")
    if not isinstance(systems, Mapping) or not isinstance(systems.get(TUNED), Mapping):
        return dict(row)
    return {**row, "prediction": systems[TUNED].get("prediction")}


def _find(
    path: Path, columns: Sequence[str], role: str, given: str | None, known: Sequence[str], needed: bool = True
) -> str | None:
    by_key = {column.strip().casefold(): column for column in reversed(columns)}
    for name in known if given is None else (given.casefold(),):
        if name in by_key:
            return by_key[name]
    if not needed:
        return None
    raise DataError(
        f"{path} has no column {given!r}" if given else f"{path} has no {role} column (one of {', '.join(known)})"
        f"; its columns are: {show_names(columns)}. Pass --{role}-column NAME."
    )  # fmt: skip


def _text(path: Path, row: int, role: str, value: Any) -> str:
    """Return the text with its white space, because that may be the fault."""
    if isinstance(value, str):
        return value
    text = as_text(value)
    if text is None:
        raise DataError(f"{path}:{row}: the {role} is not text.")
    return text


def _dialogue(path: Path, row: int, value: Any) -> str:
    """Return the dialogue as sumtune's models read it."""
    return _text(path, row, "dialogue", as_text(value) if isinstance(value, str) else value)


def _references(path: Path, row: int, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    texts = tuple(text for one in values if (text := _text(path, row, "reference", one)).strip())
    if not texts:
        raise DataError(f"{path}:{row}: there is no reference; leave the row out, or give it one.")
    return texts
