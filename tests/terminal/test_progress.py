"""What is shown while a model is trained."""

import io
from typing import Any

import pytest
from rich.console import Console

from sumtune.terminal.progress import training_progress

EVENTS: list[dict[str, Any]] = [
    {"event": "start", "step": 0, "total_steps": 20, "epochs": 1},
    {"event": "step", "step": 10, "loss": 2.0, "learning_rate": 1e-4, "tokens": 50, "seconds": 1.0, "elapsed_s": 10.0},
    {"event": "validation", "step": 10, "loss": 1.9, "best": True},
    {"event": "sampled", "step": 10, "rouge1": 0.412, "rouge2": 0.17, "rougeL": 0.33, "rougeLsum": 0.37, "examples": 24,
     "progress": 0.5, "seconds": 1.0, "elapsed_s": 12.0},
    {"event": "step", "step": 20, "loss": 2.0, "learning_rate": 1e-5, "tokens": 50, "seconds": 1.0, "elapsed_s": 22.0},
]  # fmt: skip


def shown(expected: tuple[float, float] | None, terminal: bool = False, width: int = 220) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    with training_progress(console, expected) as report:
        for event in EVENTS:
            report(event)
    text = console.file.getvalue()
    assert isinstance(text, str)
    return text


def test_sampled_scores_are_shown_once_whole_and_then_beside_the_loss() -> None:
    lines = shown(None).splitlines()
    scores = "ROUGE-1 0.412, ROUGE-2 0.170, ROUGE-L 0.330, ROUGE-Lsum 0.370"
    assert f"Sampled at step 10 | 24 validation summaries, greedy: {scores}" in lines
    assert "ROUGE" not in lines[0], "nothing was sampled yet"
    assert "Loss: 2.00 | ROUGE-1 0.41 | Learning Rate" in lines[-1]


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "bar"])
def test_what_is_expected_at_the_end_stands_beside_it(terminal: bool) -> None:
    assert "ROUGE-1 0.41 (expected 0.40–0.45 at the end)" in shown((0.4, 0.4514), terminal)


@pytest.mark.parametrize("width", [80, 100, 130])
def test_a_narrow_terminal_keeps_the_bar_and_drops_what_is_least_needed(width: int) -> None:
    last = shown((0.4, 0.4514), terminal=True, width=width).rstrip().rpartition("Training")[2]
    assert "20/20" in last
    assert "loss 2.00 · ROUGE-1 0.41" in last
    assert ("lr 1.0e-05" in last) == (width >= 100)
    assert ("expected" in last) == (width >= 130)
    assert "━" in last
