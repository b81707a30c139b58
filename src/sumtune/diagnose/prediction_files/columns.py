"""Which column of a file of predictions holds what."""

import re
from collections.abc import Sequence
from pathlib import Path

from sumtune.data.columns import DIALOGUE_NAMES, show_names
from sumtune.data.plain_rows import LINE
from sumtune.errors import DataError

__all__ = ["ID_NAMES", "PREDICTION_NAMES", "PROMPT_NAMES", "REFERENCE_NAMES", "find_column", "missing", "numbered"]

PREDICTION_NAMES = (
    "prediction", "predictions", "predicted", "predict", "pred", "preds", "predicted_summary", "generated",
    "generated_summary", "generated_text", "generated_texts", "generation", "generations", "summary_text", "output",
    "outputs", "output_text", "hypothesis", "hypotheses", "candidate", "candidates", "model_summaries",
    "model_summary", "peft_model_summaries", "instruct_model_summaries", "model_output", "model_response", "response",
    "actual_output", "decoded_preds", "predicted_completion_(model.generate)", "completion", "answer",
)  # fmt: skip
REFERENCE_NAMES = (
    "reference", "references", "reference_summary", "ground_truth", "ground_truths", "gold", "gold_summary", "target",
    "targets", "target_text", "label", "labels", "highlights", "summary", "summaries", "original_summaries",
    "original_summary", "human_summary", "human_baseline_summaries", "expected", "expected_output",
    "correct_completion", "decoded_labels", "ideal",
)  # fmt: skip
PROMPT_NAMES = ("prompt", "prompts", "input", "inputs", "question", "query", "instruction", "input_text")
ID_NAMES = ("id", "custom_id", "doc_id", "example_id", "request_id", "key", "idx", "index", "fname")
NUMBERED = re.compile(r"(?:reference|ref|summary|target|gold|label|highlights|human_summary)_?(\d{1,2})")
LONG_NAME = 40
"""A longer name of a column is probably a text."""
KNOWN = {
    "prediction": PREDICTION_NAMES, "reference": REFERENCE_NAMES, "dialogue": DIALOGUE_NAMES, "prompt": PROMPT_NAMES,
    "id": ID_NAMES,
}  # fmt: skip


def find_column(path: Path, columns: Sequence[str], role: str, given: str | None = None) -> str | None:
    """Return the column of a role, ignoring case, blanks and hyphens; a given name takes precedence.

    >>> find_column(Path("a.csv"), ["Generated Summary"], "prediction")
    'Generated Summary'

    Raises:
        DataError: there is no column of the given name.
    """
    if given in columns:
        return given
    by_key = {_key(column): column for column in reversed(columns)}
    names = KNOWN[role] if given is None else (_key(given),)
    found = next((by_key[name] for name in names if name in by_key), None)
    if found is None and given is not None:
        raise missing(path, columns, role, given)
    return found


def numbered(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of several references, in order.

    >>> numbered(["dialogue", "Summary 2", "Summary 1"])
    ('Summary 1', 'Summary 2')
    """
    numbers = {column: int(match[1]) for column in columns if (match := NUMBERED.fullmatch(_key(column)))}
    return tuple(sorted(numbers, key=lambda column: numbers[column]))


def missing(path: Path, columns: Sequence[str], role: str, given: str | None = None) -> DataError:
    """Return the error for a column that was not found. It names an option that helps."""
    what = f"column {given!r}" if given else f"{role} column (such as {', '.join(KNOWN[role][:4])})"
    shown = [column for column in columns if column != LINE]
    advice = f"Pass --{role}-column with the name of the column."
    if role == "reference" and given is None:
        file = "--references FILE: a table with the same ids or rows, or a text with one reference per line"
        advice = f"If they are in another file, pass {file}.{f' Otherwise: {advice}' if shown else ''}"
    hint = (
        " Does the first row hold the names of the columns?" if any(len(name) > LONG_NAME for name in columns) else ""
    )
    return DataError(f"{path} has no {what}; its columns are: {show_names(columns) or 'none'}.{hint} {advice}")


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())
