"""Runs of a tiny model in the current folder: data, model and run folder have fixed relative names."""

import io
import shutil
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
import tiny

from sumtune.commands import pipeline
from sumtune.config_resolution import resolve
from sumtune.files.run_dir import RunDir
from sumtune.terminal.console import plain_console

RUN, DATA, MODEL = RunDir(Path("run")), Path("chats.jsonl"), Path("model")
SETTINGS = {
    "data.path": str(DATA), "model.name": f"./{MODEL}", "model.precision": "fp32", "model.max_target_tokens": 16,
    "train.epochs": 1, "train.validate_every_steps": 3, "train.learning_rate": 0.01, "decode.beams": 1,
    "decode.engine": "torch", "lora.rank": 4,
}  # fmt: skip
STOPPED_AT = 4


def config(**changed):
    return resolve(overrides=SETTINGS | {key.replace("__", "."): value for key, value in changed.items()})


def console():
    """A console that nobody sees."""
    return plain_console(file=io.StringIO(), width=200)


def train(settings=None, **options):
    pipeline.train(settings or config(), RUN, console(), **options)


def snapshot(folder):
    """Every file and folder below `folder`, with the SHA-256 of each file."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


def make_places(root, model, names=("new", "interrupted", "finished")):
    """In `root`, folders with data, a copy of `model`, and a run that is not there yet, was interrupted, is trained."""
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            shutil.copytree(model, root / name / MODEL)
            tiny.write_jsonl(root / name / DATA, 30)
            patch.chdir(root / name)
            if name == "finished":
                train()
            elif name == "interrupted":
                with pytest.MonkeyPatch.context() as inner:
                    inner.setattr("sumtune.commands.train.training_progress", _stopping)
                    with pytest.raises(KeyboardInterrupt):
                        train()
    return root


@contextmanager
def _stopping(_console, _expected=None):
    """A reporter at which somebody presses Control-C in the middle of the training."""

    def report(event):
        if event["event"] == "step" and event["step"] == STOPPED_AT:
            raise KeyboardInterrupt

    yield report
