"""What lowers a score."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sumtune.api.report import Report
from sumtune.api.scores import Score
from sumtune.commands.diagnose import diagnosis_of_file
from sumtune.data.parallel_texts import parallel_texts
from sumtune.diagnose import diagnosis as rules
from sumtune.diagnose.diagnose_stage import diagnose_run, diagnose_texts, diagnose_training_log
from sumtune.diagnose.finding import Finding
from sumtune.errors import ConfigError
from sumtune.files.run_dir import DEFAULT_RUN_DIR, RunDir
from sumtune.terminal.diagnosis import lines

__all__ = ["Diagnosis", "diagnose", "shown_diagnosis"]

PathText: TypeAlias = str | os.PathLike[str]
References: TypeAlias = PathText | Iterable[str | Iterable[str]]


@dataclass(frozen=True)
class Diagnosis:
    """Reasons for a low score, most important first. It is displayed as text, and as HTML in a notebook."""

    score: Score | None
    """ROUGE-1; None if nothing was scored."""
    n: int
    findings: tuple[Finding, ...]
    """Faults and weaknesses, each with `code`, `title`, `severity`, `evidence` and `remedy`."""
    advice: tuple[Finding, ...]
    """What to do next; empty if there is a fault."""
    report: Report = field(compare=False)

    def __str__(self) -> str:
        return str(self.report)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def diagnose(
    run: PathText | None = None, *, predictions: PathText | Iterable[str] | None = None,
    references: References | None = None, dialogues: Iterable[Any] | None = None,
    training_log: PathText | None = None,
) -> Diagnosis:  # fmt: skip
    """Return what lowers the score of a run, or of predictions that any tool made.

    `predictions` is a file (perhaps with `references` in another), or a list of texts with a list of `references` (one
    or several for each) and perhaps a list of `dialogues`. `run` is the folder of a run (default: `artifacts`), or,
    with `predictions`, of the run that tuned the model. `training_log` is the log of another tool.

    >>> import sumtune
    >>> references = [f"Ann will pay {n} euros to Bob on Friday." for n in range(30)]
    >>> found = sumtune.diagnose(predictions=[" ".join(text) for text in references], references=references)
    >>> found.findings[0].code
    'characters_separated'

    Raises:
        SumtuneError: something is missing, unreadable or contradictory.
    """
    if training_log is not None and run is not None:
        raise ConfigError("`training_log` and `run` both say how the model was trained: give one of them.")
    if run is not None and predictions is None and Path(run).is_file():
        raise ConfigError(f"{run} is a file, not the folder of a run: sumtune.diagnose(predictions={str(run)!r})")
    run_dir = None if run is None else RunDir(Path(run))
    log = None if training_log is None else Path(training_log)
    if isinstance(predictions, str | os.PathLike):
        found = diagnosis_of_file(Path(predictions), run_dir=run_dir, references=_file(references), training_log=log)
    elif predictions is not None:
        found = diagnose_texts(parallel_texts(predictions, _texts(references), dialogues), run_dir, log)
    elif references is not None or dialogues is not None:
        raise ConfigError("`references` and `dialogues` need `predictions`.")
    else:
        found = diagnose_run(run_dir or RunDir(DEFAULT_RUN_DIR)) if log is None else diagnose_training_log(log)
    return shown_diagnosis(found)


def shown_diagnosis(found: rules.Diagnosis) -> Diagnosis:
    """Return `found` as the Python API shows it: its score with an interval, and a report."""
    score = None if found.score is None else Score(found.score.mean, found.score.low, found.score.high)
    return Diagnosis(score, found.n, found.findings, found.advice, Report("\n".join(lines(found))))


def _file(references: References | None) -> Path | None:
    if references is None or isinstance(references, str | os.PathLike):
        return None if references is None else Path(references)
    raise ConfigError("`predictions` is a file and `references` is not: give two files, or two lists of texts.")


def _texts(references: References | None) -> Iterable[str | Iterable[str]]:
    if references is None or isinstance(references, str | os.PathLike):
        raise ConfigError("`references` must be a list with a text, or several, for each of the `predictions`.")
    return references
