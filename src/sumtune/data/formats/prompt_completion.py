"""Training data for instruction tuning: prompt and completion, and Alpaca's instruction, input and output."""

from sumtune.data.formats.format import Format, Reading, Row

__all__ = ["ALPACA", "PROMPT_COMPLETION"]

PAIRS = (("prompt", "completion"), ("prompt", "response"), ("input", "output"), ("prompt", "chosen"))


def _pair(row: Row) -> tuple[str, str] | None:
    for question, answer in PAIRS:
        if isinstance(row.get(question), str) and isinstance(row.get(answer), str):
            return row[question], row[answer]
    return None


def _is_alpaca(row: Row) -> bool:
    return isinstance(row.get("instruction"), str) and isinstance(row.get("output"), str)


def _read_alpaca(row: Row) -> list[Reading]:
    """Read the input as the dialogue or, if it is empty, the instruction, which then contains the dialogue."""
    given = row.get("input")
    return [Reading(given if isinstance(given, str) and given.strip() else row["instruction"], row["output"])]


PROMPT_COMPLETION = Format(
    "prompt and completion",
    ("prompt", "completion", "response", "input", "output", "chosen", "rejected"),
    lambda row: _pair(row) is not None,
    lambda row: [Reading(*(_pair(row) or ("", "")))],
    is_prompt=True,
)
ALPACA = Format("Alpaca", ("instruction", "input", "output"), _is_alpaca, _read_alpaca, is_prompt=True)
