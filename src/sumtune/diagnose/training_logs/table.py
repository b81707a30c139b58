"""Tables of losses: CSV or JSONL with a column of optimizer steps, as Weights & Biases or LLaMA-Factory write them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sumtune.data.columns import show_names
from sumtune.data.issues import raise_first_error
from sumtune.data.readers import read_file
from sumtune.diagnose.training_logs.log import Log
from sumtune.diagnose.training_logs.names import NAMES, points
from sumtune.errors import DataError

__all__ = ["read_loss_table"]


def read_loss_table(path: Path) -> Log:
    """Return the log in a table of losses.

    Raises:
        DataError: the file cannot be read, or has no steps or no losses.
    """
    tables = read_file(path, plain=True)
    raise_first_error([issue for table in tables for issue in table.issues])
    rows = [_with_nan(row) for table in tables for _, row in table.rows]
    found = points(rows)
    if not any({"loss", "validation_loss", "learning_rate"} & set(point) for point in found):
        columns = dict.fromkeys(name for row in rows for name in row)
        raise DataError(
            f"{path} is not a training log of a known kind; its columns are: {show_names(list(columns)) or 'none'}. "
            "Expected trainer_state.json, a TensorBoard event file, or a table with the columns step "
            f"(or {', '.join(NAMES['step'][1:3])}), loss and learning_rate."
        )
    totals = [int(row["total_steps"]) for row in rows if str(row.get("total_steps", "")).isdigit()]
    total = max(totals, default=None)
    return Log(found, total_steps=total, ended=total is None or found[-1]["step"] >= total)


def _with_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of JSON with a loss of NaN if it is null, because JSON has no NaN."""
    is_lost = "loss" in row and row["loss"] is None and row.get("eval_loss") is None
    return {**row, "loss": float("nan")} if is_lost else dict(row)
