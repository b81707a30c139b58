"""The plan of runs as a table."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.learning_curve import MoreData
from sumtune.forecast.run_plan import PresetPlan, RunPlan
from sumtune.forecast.score_forecast import ExpectedScore, ScoreForecast
from sumtune.terminal.choice import choice_lines
from sumtune.terminal.progress import METRIC_NAMES, duration

__all__ = ["interval", "plan_report", "unknown_scores"]

NOT_MEASURED = "–"


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


def unknown_scores(scores: ScoreForecast) -> str:
    """Return why no scores are expected, as a sentence."""
    return f"Expected scores: not known for this kind of run, because {scores.unknown}."


def _heading(plan: RunPlan) -> str:
    total = sum(plan.counts.values())
    splits = ", ".join(f"{count} {name}" for name, count in plan.counts.items())
    precision = f", {plan.precision}" if plan.precision else ""
    return f"{plan.data}: {total} conversations ({splits}), this machine: {plan.cores} cores{precision}; {plan.model}"


def _table(plan: RunPlan) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("preset", no_wrap=True)
    scores = [f"{METRIC_NAMES[metric]} ({plan.level:.0%})" for metric in ROUGE_METRICS]
    for heading in ("training", "evaluation", "memory", *scores):
        table.add_column(heading, justify="right")
    for preset in plan.presets:
        table.add_row(preset.preset, *_costs(preset), *_scores(preset.scores))
    for name, means in plan.baselines.items():
        table.add_row(name, "", "", "", *(f"{means[metric]:.3f}" for metric in ROUGE_METRICS))
    return table


def _costs(preset: PresetPlan) -> list[str]:
    if preset.training_s is None or preset.evaluation_s is None or preset.peak_memory_bytes is None:
        return [NOT_MEASURED] * 3
    memory = f"{preset.peak_memory_bytes / 1e9:.1f} GB"
    return [duration(preset.training_s), duration(preset.evaluation_s), memory]


def _scores(scores: ScoreForecast) -> list[str]:
    return [interval(scores.scores[metric]) if scores.scores else "not known" for metric in ROUGE_METRICS]


def _notes(plan: RunPlan) -> list[str]:
    """Return what the expected scores rest on, and why others are not known."""
    known = [preset for preset in plan.presets if preset.scores.scores]
    notes = [unknown_scores(preset.scores) for preset in plan.presets if not preset.scores.scores]
    if known and plan.pilot_steps:
        notes.append(f"Expected scores rest on a pilot of {plan.pilot_steps} optimizer steps and on earlier runs; "
                     f"{plan.scored} conversations will be scored.")  # fmt: skip
    elif known:
        notes.append("Expected scores rest on figures of the data and on earlier runs. Without --quick, a short "
                     "training narrows them.")  # fmt: skip
    return list(dict.fromkeys(notes))


def _choices(plan: RunPlan) -> list[str]:
    """Return what was chosen for runs that must end in time."""
    chosen = [(one.choice, one.within_s or 0.0) for one in plan.presets if one.choice is not None]
    return [line for choice, within_s in chosen for line in choice_lines(choice, within_s, plan.counts["train"])]


def _more_data(more: MoreData | None) -> list[str]:
    if more is None:
        return []
    gain = more.gain
    return [f"{more.examples} more conversations would add about {gain.mean:.2f} to ROUGE-1 "
            f"({gain.low:.2f} to {gain.high:.2f})."]  # fmt: skip
