"""The stage `diagnose`: reads a run folder or a file of predictions, writes `diagnosis.json` in the former."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sumtune.diagnose.diagnosis import Diagnosis, diagnose, to_json
from sumtune.diagnose.reading import read_predictions
from sumtune.diagnose.subject import Subject, read_subject
from sumtune.errors import RunDirError
from sumtune.files.atomic import write_json
from sumtune.files.run_dir import RunDir

__all__ = ["of_file", "run"]


def run(run_dir: RunDir) -> Diagnosis:
    """The diagnosis of a run, also left in `diagnosis.json`.

    Raises:
        RunDirError: the folder holds neither predictions nor a training log.
    """
    subject = read_subject(run_dir)
    if subject.outputs is None and subject.training is None:
        raise RunDirError(
            f"{run_dir.root} holds nothing to diagnose: run `sumtune run --run-dir {run_dir.root}` first, or give "
            "--predictions FILE."
        )
    diagnosis = diagnose(subject)
    if _left(run_dir) != (row := to_json(diagnosis)):
        write_json(run_dir.diagnosis, row)
    return diagnosis


def _left(run_dir: RunDir) -> Any:
    """What an earlier diagnosis left; None where there is none."""
    try:
        return json.loads(run_dir.diagnosis.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def of_file(
    path: Path,
    prediction: str | None = None,
    reference: str | None = None,
    dialogue: str | None = None,
    run_dir: RunDir | None = None,
) -> Diagnosis:
    """The diagnosis of a file of predictions; nothing is written.

    With `run_dir` they are outputs of that run's model, perhaps by another tool; its training and data count, too.

    Raises:
        DataError: the file cannot be read, or lacks a column.
        RunDirError: the run folder does not hold a run.
    """
    outputs = read_predictions(path, prediction, reference, dialogue)
    known = Subject() if run_dir is None else read_subject(run_dir)
    given = {"prediction": prediction, "reference": reference, "dialogue": dialogue}
    named = {role: column for role, column in given.items() if column is not None}
    origin = replace(known.origin, predictions=path, given=named)
    if run_dir is not None and known.training is None:
        raise RunDirError(f"{run_dir.root} has no training log: give --predictions alone, or the folder of a run.")
    return diagnose(replace(known, outputs=outputs, base=None, origin=origin), our_engine=False)
