"""The stage `diagnose`: diagnoses a run folder and writes `diagnosis.json` there. Also diagnoses prediction files."""

import errno
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sumtune.data.parallel_texts import ParallelTexts
from sumtune.diagnose.command_lines import FILE, CommandLines
from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import Diagnosis, diagnose, to_json
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.diagnose.read_run import read_run
from sumtune.diagnose.training_logs.read_training_log import read_training_log
from sumtune.errors import RunDirError
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir

__all__ = ["diagnose_file", "diagnose_run", "diagnose_texts", "diagnose_training_log"]


def diagnose_run(run_dir: RunDir) -> Diagnosis:
    """Return the diagnosis of a run, and write it to `diagnosis.json` if the folder is writable.

    Raises:
        RunDirError: the folder contains neither predictions nor a training log, or a required file is damaged.
    """
    context = read_run(run_dir)
    if context.outputs is None and context.training is None:
        raise RunDirError(
            f"{run_dir.root} holds nothing to diagnose: give a FILE of predictions, or {run_dir.remedy('run')}"
        )
    diagnosis = diagnose(context)
    if find_record(run_dir.diagnosis) != (row := to_json(diagnosis)):
        _write_if_possible(run_dir, row)
    return diagnosis


def _write_if_possible(run_dir: RunDir, row: Mapping[str, Any]) -> None:
    """Write `diagnosis.json`, unless the folder is read-only."""
    try:
        write_record(run_dir.diagnosis, row)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def diagnose_file(
    path: Path,
    prediction: str | None = None,
    reference: str | None = None,
    dialogue: str | None = None,
    run_dir: RunDir | None = None,
    references: Path | None = None,
    training_log: Path | None = None,
) -> Diagnosis:
    """Return the diagnosis of a file of predictions. Writes nothing.

    `references` is the file of the references if they are not in `path`. What is known about the training comes from
    `training_log`, the log of another tool, or from `run_dir`, the run whose model made the predictions.

    Raises:
        DataError: a file cannot be read or lacks a column.
        RunDirError: `run_dir` is not the folder of a run.
    """
    outputs = read_predictions(path, prediction, reference, dialogue, references)
    given = {"prediction": prediction, "reference": reference, "dialogue": dialogue}
    named = {role: column for role, column in given.items() if column is not None}
    commands = CommandLines(predictions=path, given=named, references=references, training_log=training_log)
    return _diagnose_outputs(outputs, commands, run_dir)


def diagnose_texts(texts: ParallelTexts, run_dir: RunDir | None = None, training_log: Path | None = None) -> Diagnosis:
    """Return the diagnosis of predictions that are not in a file; commands of remedies name it `FILE`.

    Raises:
        DataError: the log cannot be read.
        RunDirError: `run_dir` is not the folder of a run.
    """
    ids = tuple(map(str, range(1, len(texts.predictions) + 1)))
    outputs = Outputs(ids, texts.predictions, texts.references, texts.dialogues)
    return _diagnose_outputs(outputs, CommandLines(predictions=Path(FILE), training_log=training_log), run_dir)


def _diagnose_outputs(outputs: Outputs, commands: CommandLines, run_dir: RunDir | None) -> Diagnosis:
    """Return the diagnosis of the files that `commands` name, with what the log or `run_dir` says of the training."""
    known = Context() if run_dir is None else read_run(run_dir)
    if run_dir is not None and known.training is None:
        raise RunDirError(f"{run_dir.root} has no training log: give FILE alone, or the folder of a run.")
    log = commands.training_log
    training = known.training if log is None else read_training_log(log)
    commands = replace(known.commands, predictions=commands.predictions, given=commands.given,
                       references=commands.references, training_log=log)  # fmt: skip
    context = replace(known, outputs=outputs, base=None, training=training, commands=commands)
    return diagnose(context, our_engine=False)


def diagnose_training_log(path: Path) -> Diagnosis:
    """Return the diagnosis of the training log of another tool. Writes nothing.

    Raises:
        DataError: the log cannot be read, or is of an unknown kind.
    """
    commands = CommandLines(training_log=path)
    return diagnose(Context(training=read_training_log(path), commands=commands), our_engine=False)
