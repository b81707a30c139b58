"""Lists runs as a table, JSON or CSV."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sumtune.files.run_list import ListedRun

__all__ = ["as_csv", "as_json", "table"]


def table(runs: Sequence[ListedRun]) -> Table:
    """Return a row for each run."""
    result = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in ("run", "data", "preset", "ROUGE-1", "minutes", "state"):
        right = heading in ("ROUGE-1", "minutes")
        result.add_column(heading, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for run in runs:
        minutes = "" if run.minutes is None else f"{run.minutes:.1f}"
        result.add_row(Text(run.run), Text(run.data or ""), run.preset or "", _score(run), minutes, run.state)
    return result


def as_json(runs: Sequence[ListedRun]) -> str:
    """Return the runs as a list of objects."""
    return json.dumps([asdict(run) for run in runs], indent=2, ensure_ascii=False)


def as_csv(runs: Sequence[ListedRun]) -> str:
    """Return the runs as CSV with a header; missing values are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(ListedRun)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(run) for run in runs)
    return text.getvalue()


def _score(run: ListedRun) -> str:
    if run.rouge1 is None or run.rouge1_low is None or run.rouge1_high is None:
        return ""
    return f"{run.rouge1:.3f} ({run.rouge1_low:.3f}–{run.rouge1_high:.3f})"
