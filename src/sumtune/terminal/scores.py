"""Prints a scorecard to the terminal."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.scorecard import BASE, TUNED, Estimate, Scorecard, ScoredExample, spread_by_score
from sumtune.evaluate.style_scores import scores_by_style
from sumtune.plurals import counted

__all__ = ["by_style", "examples", "faithfulness", "table", "tables"]

MEASURE_HEADINGS = {"unsupported": "unsup-\nported", "inconsistent": "incon-\nsistent", "novel_words": "new\nwords",
                    "novel_bigrams": "new\npairs", "repetition": "repeats", "length_ratio": "length",
                    "empty": "empty", "cut_off": "cut", "copied": "copied", "words": "words"}  # fmt: skip
HEADINGS = {"chrf": "chrF"}
_SHOWN_TURNS = 12
"""Most lines of a dialogue to show."""


def tables(scorecard: Scorecard) -> list[Table]:
    """Return all tables of a scorecard, in order."""
    return [one for one in (table(scorecard), by_style(scorecard), faithfulness(scorecard)) if one is not None]


def table(scorecard: Scorecard) -> Table:
    """Return the scores with a row for each system: means and half the width of their intervals."""
    result = Table(title="ROUGE (F-measure) and chrF", caption=_caption(scorecard), box=SIMPLE_HEAD, show_edge=False,
                   pad_edge=False, collapse_padding=True)  # fmt: skip
    result.add_column("system", no_wrap=True)
    for metric in METRICS:
        result.add_column(HEADINGS.get(metric, metric), justify="right", no_wrap=True)
    for name, scores in scorecard.systems.items():
        cells = (_cell(scores.metrics[metric]) for metric in METRICS)
        result.add_row(name, *cells, style="bold" if name == TUNED else None)
    if scorecard.reference_agreement is not None:
        cells = (_cell(scorecard.reference_agreement.metrics[metric]) for metric in METRICS)
        result.add_row("references", *cells, style="dim")
    return result


def faithfulness(scorecard: Scorecard) -> Table:
    """Return the means of the faithfulness measures, a row for each system."""
    caption = (
        "unsupported: names and numbers that are not in the dialogue; inconsistent: summaries that say something "
        "that the dialogue does not (reasons: predictions.jsonl); new: words, pairs of words that are not in the "
        "dialogue; length: ratio to the length of the reference; cut: stopped by the token limit; "
        "copied: found word for word in the dialogue"
    )
    result = Table(title="Faithfulness", caption=caption, box=SIMPLE_HEAD, show_edge=False, pad_edge=False,
                   padding=0)  # fmt: skip
    result.add_column("system", no_wrap=True)
    for heading in MEASURE_HEADINGS.values():
        result.add_column(heading, justify="right")
    for name, scores in scorecard.systems.items():
        cells = (f"{scores.measures[key].mean:.2f}" if key in scores.measures else "" for key in MEASURE_HEADINGS)
        result.add_row(name, *cells, style="bold" if name == TUNED else None)
    return result


def by_style(scorecard: Scorecard) -> Table | None:
    """Return the mean scores of the tuned model, a row for each style; None if the examples have no styles."""
    found = scores_by_style(scorecard)
    result = Table(title="Tuned, by style", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in ("style", "n", *(HEADINGS.get(metric, metric) for metric in METRICS)):
        result.add_column(heading, justify="left" if heading == "style" else "right", no_wrap=heading != "style")
    for style, (n, means) in found.items():
        result.add_row(_plain(style or "(none)"), str(n), *(f"{means[metric]:.4f}" for metric in METRICS))
    return result if found else None


def examples(scorecard: Scorecard, count: int = 3) -> list[Panel]:
    """Return at most `count` examples, from low to high tuned ROUGE-1: dialogue, references, base and tuned."""
    return [_panel(example) for example in spread_by_score(scorecard, count)]


def _caption(scorecard: Scorecard) -> str:
    signature, reference_agreement = scorecard.signature, scorecard.reference_agreement
    beams = {name: settings["beams"] for name, settings in signature.decoding.items()}
    decoding = ", ".join(f"{name} {'greedy' if count == 1 else f'beam {count}'}" for name, count in beams.items())
    people = (
        f"; references: each against the others, {counted(reference_agreement.n, 'example')}"
        if reference_agreement
        else ""
    )
    return (
        f"{signature.split} split, {counted(signature.n, 'example')}; {decoding}; "
        f"± half the {signature.level:.0%} interval{people}\nROUGE counts {signature.tokens}"
    )


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.4f} ±{(estimate.high - estimate.low) / 2:.3f}".replace("±0.", "±.")


def _panel(example: ScoredExample) -> Panel:
    parts = [_section("reference", reference) for reference in example.references]
    for name in (BASE, TUNED):
        if prediction := example.systems.get(name):
            parts.append(_section(f"{name} (rouge1 {prediction.scores.rouge1:.4f})", prediction.text))
    dialogue = "\n".join(_shortened(example.dialogue))
    return Panel(Group(_plain(dialogue), *parts), title=_plain(_title(example)), title_align="left")


def _title(example: ScoredExample) -> str:
    return f"{example.id} ({example.style})" if example.style else example.id


def _section(heading: str, body: str) -> Text:
    return Text.assemble("\n", (heading, "bold"), "\n", _plain(body) if body.strip() else ("(empty)", "dim"))


def _shortened(dialogue: str) -> Iterator[str]:
    lines = dialogue.splitlines()
    yield from lines[:_SHOWN_TURNS]
    if len(lines) > _SHOWN_TURNS:
        yield f"… {len(lines) - _SHOWN_TURNS} more lines"


def _plain(text: str) -> Text:
    """Return `text` as it is, without interpreting `[markup]` or escape sequences."""
    return Text(text.replace("\x1b", "␛"))
