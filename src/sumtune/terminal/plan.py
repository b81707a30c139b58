"""The plan of runs as a table."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.learning_curve import MoreData
from sumtune.forecast.run_plan import PresetPlan, RunPlan
from sumtune.forecast.score_forecast import ExpectedScore, ScoreForecast
from sumtune.plurals import counted
from sumtune.terminal.choice import choice_lines
from sumtune.terminal.progress import METRIC_NAMES, duration

__all__ = ["interval", "plan_report"]

COSTS = ("training", "evaluation", "memory")
NO_COSTS = ("–",) * len(COSTS)


def plan_report(plan: RunPlan) -> Group:
    """Return the table of presets and baselines, and what it rests on."""
    parts: list[RenderableType] = [Text(_heading(plan)), _table(plan)]
    parts += [Text(line) for line in (*_choices(plan), *_notes(plan), *_more_data(plan.more_data))]
    return Group(*parts)


def interval(expected: ExpectedScore) -> str:
    """Return an interval with two digits, because more would claim too much.

    >>> interval(ExpectedScore(0.432, 0.4149, 0.4551))
    '0.41–0.46'
    """
    return f"{expected.low:.2f}–{expected.high:.2f}"


def _heading(plan: RunPlan) -> str:
    total = sum(plan.counts.values())
    splits = ", ".join(f"{count} {name}" for name, count in plan.counts.items())
    precision = f", {plan.precision}" if plan.precision else ""
    machine = f"this machine: {counted(plan.cores, 'core')}{precision}"
    return f"{plan.data}: {counted(total, 'conversation')} ({splits}), {machine}; {plan.model}"


def _table(plan: RunPlan) -> Table:
    """Return the table; it fits into 80 columns. Costs are left out if no preset has any."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    costs = COSTS if any(_costs(preset) != NO_COSTS for preset in plan.presets) else ()
    for heading in ("preset", *costs):
        table.add_column(heading, justify="left" if heading == "preset" else "right", no_wrap=True)
    for metric in ROUGE_METRICS:
        table.add_column(f"{METRIC_NAMES[metric]} ({plan.level:.0%})", justify="right", min_width=len("not known"))
    for preset in plan.presets:
        table.add_row(preset.preset, *_costs(preset)[: len(costs)], *_scores(preset.scores))
    for name, means in plan.baselines.items():
        table.add_row(name, *("" for _ in costs), *(f"{means[metric]:.3f}" for metric in ROUGE_METRICS))
    return table


def _costs(preset: PresetPlan) -> Sequence[str]:
    if preset.training_s is None or preset.evaluation_s is None or preset.peak_memory_bytes is None:
        return NO_COSTS
    memory = f"{preset.peak_memory_bytes / 1e9:.1f} GB"
    return [duration(preset.training_s), duration(preset.evaluation_s), memory]


def _scores(scores: ScoreForecast) -> list[str]:
    return [interval(scores.scores[metric]) if scores.scores else "not known" for metric in ROUGE_METRICS]


def _notes(plan: RunPlan) -> list[str]:
    """Return what the expected scores rest on, and why others are not known."""
    known = [preset for preset in plan.presets if preset.scores.scores]
    notes = []
    for reason in dict.fromkeys(preset.scores.unknown for preset in plan.presets if not preset.scores.scores):
        names = ", ".join(preset.preset for preset in plan.presets if preset.scores.unknown == reason)
        notes.append(f"Expected scores of {names}: not known, because {reason}.")
    if known and plan.pilot_steps:
        notes.append(f"Expected scores rest on a pilot of {counted(plan.pilot_steps, 'optimizer step')} and on earlier "
                     f"runs; {counted(plan.scored, 'conversation')} will be scored.")  # fmt: skip
    elif known:
        quick = "Without --quick, a short training narrows them."
        slow = "There was no time for a short training, which narrows them."
        notes.append("Expected scores rest on statistics of the data and on earlier runs. "
                     + (quick if plan.precision is None else slow))  # fmt: skip
    return notes


def _choices(plan: RunPlan) -> list[str]:
    """Return what was chosen for runs that must end in time."""
    chosen = [(one.choice, one.within_s or 0.0) for one in plan.presets if one.choice is not None]
    return [line for choice, within_s in chosen for line in choice_lines(choice, within_s, plan.counts["train"])]


def _more_data(more: MoreData | None) -> list[str]:
    if more is None:
        return []
    mean, low, high = (round(value, 2) + 0.0 for value in (more.gain.mean, more.gain.low, more.gain.high))  # no -0.00
    return [f"{more.examples} more conversations would add about {mean:.2f} to ROUGE-1 ({low:.2f} to {high:.2f})."]
