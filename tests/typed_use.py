"""Every public name with its types. `make check` checks this file with `mypy --strict`, and a test runs it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import assert_type

import sumtune
from sumtune import Summarizer, SumtuneError, diagnose, evaluate, plan, score, tune
from sumtune.api.diagnosis import Diagnosis
from sumtune.api.planning import Plan
from sumtune.api.runs import Run
from sumtune.api.scores import Score, Scores


def use_every_name(pairs: Sequence[tuple[str, str]], run_dir: Path, settings: Mapping[str, object]) -> str:
    """Return the summary of the first dialogue."""
    assert_type(sumtune.__version__, str)
    lines: list[str] = []
    dialogues, references = [dialogue for dialogue, _ in pairs], [summary for _, summary in pairs]
    with suppress(SumtuneError):
        tune([], run_dir=run_dir)
    forecast = plan(pairs, preset="fast", settings=settings, quick=True, history=False, progress=False)
    assert_type(forecast, Plan)
    run = tune(
        pairs, preset="fast", run_dir=run_dir, settings=settings, track=["tensorboard"], track_examples=False,
        progress=lines.append,
    )  # fmt: skip
    assert_type(run, Run)
    assert_type(run.scores["tuned"].rouge1, Score)
    assert_type(evaluate(run, progress=False).diagnosis, Diagnosis)
    assert_type(sumtune.evaluate(run_dir, progress=False), Run)
    with Summarizer.load(run) as summarizer:
        summaries = summarizer.summarize(dialogues)
        assert_type(summaries, list[str])
        first = summarizer.summarize(dialogues[0])
    assert_type(first, str)
    assert_type(score(summaries, references), Scores)
    assert_type(diagnose(predictions=summaries, references=references, dialogues=dialogues), Diagnosis)
    assert_type(sumtune.diagnose(run).score, Score | None)
    return first
