"""What runs would take and reach."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sumtune.api.examples import Examples
from sumtune.api.progress import Progress, console_of
from sumtune.api.report import Report
from sumtune.api.settings import assignments_of
from sumtune.api.stored_examples import stored_examples
from sumtune.commands.run_options import PLANNED_PRESETS, config_of
from sumtune.files.run_dir import RunDir
from sumtune.forecast.run_plan import PresetPlan
from sumtune.terminal.plan import plan_report

__all__ = ["Plan", "plan"]


@dataclass(frozen=True)
class Plan:
    """Forecast of time, memory and scores. It is displayed as text, and as HTML in a notebook."""

    presets: Mapping[str, PresetPlan]
    """Forecast by preset, with `training_s`, `evaluation_s`, `peak_memory_bytes` and `scores`."""
    baselines: Mapping[str, Mapping[str, float]]
    """Scores of copied turns, `lead-3` and `longest-3`, by metric."""
    report: Report

    def __str__(self) -> str:
        return str(self.report)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def plan(
    examples: Examples, *, preset: str | None = None, model: str | None = None,
    settings: Mapping[str, Any] | None = None, dialogue_column: str | None = None, summary_column: str | None = None,
    style_column: str | None = None, drop_invalid: bool = False, within: str | None = None, quick: bool = False,
    history: bool = True, progress: Progress = True,
) -> Plan:  # fmt: skip
    """Return a forecast of time, memory and scores of runs on `examples`, as `sumtune plan` does; no model is kept.

    Without `preset` or `within`, it compares `quality`, `balanced` and `fast`. `quick` looks only at the data, which
    takes seconds. Without `history`, your own finished runs do not count. The other arguments are those of `tune`.

    >>> import sumtune
    >>> plan = sumtune.plan("chats.csv", quick=True, progress=False)  # doctest: +SKIP
    >>> plan.baselines["lead-3"]["rouge1"] > 0  # doctest: +SKIP
    True

    Raises:
        SumtuneError: the examples, the model or the settings cannot be used.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sumtune-examples-") as folder,
        stored_examples(examples, RunDir(Path(folder))) as data,
    ):
        options = (data, model, dialogue_column, summary_column, style_column, drop_invalid, within)
        names = [preset] if preset or within else PLANNED_PRESETS
        configs = [config_of(name, None, assignments_of(settings), *options) for name in names]
        from sumtune.commands.plan import make_plan  # imports PyTorch and transformers

        made = make_plan(configs, console_of(progress), quick=quick, history=history)
    if not isinstance(examples, str | os.PathLike):
        made = replace(made, data="examples")
    return Plan({one.preset: one for one in made.presets}, made.baselines, Report(plan_report(made)))
