"""`sumtune diagnose`: what lowers the score of a run, or of predictions that any tool made."""

from pathlib import Path

from rich.console import Console

from sumtune.diagnose.diagnose_stage import diagnose_file, diagnose_run, diagnose_training_log
from sumtune.diagnose.diagnosis import Diagnosis
from sumtune.errors import ConfigError
from sumtune.files.run_dir import RunDir
from sumtune.terminal.diagnosis import lines

__all__ = ["diagnosis_of_file", "show_diagnosis", "show_diagnosis_of_file", "show_diagnosis_of_log"]


def show_diagnosis(run_dir: RunDir, console: Console) -> Diagnosis:
    """Diagnose a run, write `diagnosis.json` into its folder, print the diagnosis and return it."""
    diagnosis = diagnose_run(run_dir)
    _print(diagnosis, console)
    return diagnosis


def show_diagnosis_of_file(
    predictions: Path,
    columns: tuple[str | None, str | None, str | None],
    run_dir: RunDir | None,
    references: Path | None,
    training_log: Path | None,
    console: Console,
) -> None:
    """Diagnose a file of predictions and print the result; see `diagnosis_of_file`."""
    _print(diagnosis_of_file(predictions, columns, run_dir, references, training_log), console)


def diagnosis_of_file(
    predictions: Path,
    columns: tuple[str | None, str | None, str | None] = (None, None, None),
    run_dir: RunDir | None = None,
    references: Path | None = None,
    training_log: Path | None = None,
) -> Diagnosis:
    """Return the diagnosis of a file of predictions.

    `columns` names the columns of prediction, reference and dialogue; None means that a column has a usual name.
    `references` is the file of the references, `run_dir` the run whose model made the predictions, and `training_log`
    the log of its training by another tool, each if there is one.

    Raises:
        ConfigError: `predictions` is a folder or a training log.
    """
    if predictions.name == "trainer_state.json" or "tfevents" in predictions.name:
        raise ConfigError(f"{predictions} is a training log: give it with --trainer-state.")
    if predictions.is_dir():
        raise ConfigError(
            f"{predictions} is a folder. Give a file of predictions, a run with --run-dir, or the output folder of "
            "another tool with --trainer-state."
        )
    return diagnose_file(predictions, *columns, run_dir, references, training_log)


def show_diagnosis_of_log(training_log: Path, console: Console) -> None:
    """Diagnose the training log of another tool and print the result."""
    _print(diagnose_training_log(training_log), console)


def _print(diagnosis: Diagnosis, console: Console) -> None:
    for line in lines(diagnosis):
        console.print(line, soft_wrap=True)
