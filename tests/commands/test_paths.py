"""Paths that are markup, too long or not writable: shown as they are, or one message and exit code 2."""

import io
import json
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import small_runs
from small_runs import DATA, MODEL, RUN, SETTINGS, snapshot

from sumtune import cli
from sumtune.commands import pipeline
from sumtune.commands.clean import clean_run
from sumtune.commands.evaluate import evaluate_run
from sumtune.commands.run_record import recorded_config
from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.errors import RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.terminal.console import plain_console

LONG = "x" * 300
MARKUP = "x[/1] [bold]y[/bold] :x:"
"""A folder with a folder in it, as the terminal library would see markup and an emoji."""


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs the command line in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["sumtune", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run


def settings_file():
    """The settings of the runs as options."""
    nested = {}
    for key, value in SETTINGS.items():
        section, name = key.split(".")
        nested.setdefault(section, {})[name] = value
    Path("settings.yaml").write_text(json.dumps(nested), encoding="utf-8")
    return "--config", "settings.yaml"


def test_a_path_that_looks_like_markup_is_shown_as_it_is(go_to, call):
    go_to("finished")
    folder = Path(MARKUP)
    folder.parent.mkdir(parents=True)
    RUN.root.rename(folder)
    code, out, err = call("run", *settings_file(), "--run-dir", folder)
    assert (code, err) == (0, "")
    for path in (RunDir(folder).adapter, RunDir(folder).evaluation / "metrics.csv"):
        assert str(path) in out
    for arguments, shown in (
        (("compare", folder, folder), str(folder)),
        (("clean", "--all", "--run-dir", folder), "Deleted"),
        (("clean", "--run-dir", folder), str(folder)),
        (("diagnose", "--run-dir", folder), "DIAGNOSIS"),
        (("evaluate", "--run-dir", folder), str(folder)),
    ):
        code, out, err = call(*arguments)
        assert (code, err) == (0, "")
        assert shown in out


def words(*arguments):
    return lambda: arguments


TOO_LONG = {
    "run": words("run", "--run-dir", LONG, "--data", DATA, "--model", f"./{MODEL}"),
    "run data": words("run", "--data", f"{LONG}.csv", "--model", f"./{MODEL}"),
    "run model": words("run", "--model", f"./{LONG}", "--data", DATA),
    "run gguf": words("run", "--model", f"{LONG}.gguf", "--data", DATA),
    "run config": words("run", "--config", LONG),
    "check": words("check", f"{LONG}.csv", "--model", f"./{MODEL}"),
    "train": words("train", "--run-dir", f"deep/{LONG}", "--data", DATA, "--model", f"./{MODEL}"),
    "evaluate": words("evaluate", "--run-dir", LONG),
    "compare": words("compare", LONG, LONG),
    "diagnose": words("diagnose", "--run-dir", LONG),
    "diagnose predictions": words("diagnose", f"{LONG}.csv"),
    "summarize": words("summarize", "chat.txt", "--run-dir", LONG),
    "summarize file": words("summarize", LONG, "--run-dir", RUN.root),
    "summarize input": words("summarize", "--input", LONG, "--output", "out.jsonl", "--run-dir", RUN.root),
    "summarize output": words("summarize", "--input", DATA, "--output", LONG, "--run-dir", RUN.root),
    "serve": words("serve", "--run-dir", LONG, "--port", "0"),
    "serve adapter": words("serve", "--run-dir", RUN.root, "--adapter", f"other={LONG}", "--port", "0"),
    "clean": words("clean", "--run-dir", LONG),
}


@pytest.mark.parametrize("arguments", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_path_that_is_too_long_is_one_message(go_to, call, arguments):
    go_to("finished")
    Path("chat.txt").write_text("Ann: Hi", encoding="utf-8")
    before = snapshot(Path())
    code, _, err = call(*arguments())
    assert code == 2
    assert len(re.findall("^Error: ", err, re.MULTILINE)) == 1
    assert "xxx" in err
    assert "Traceback" not in err
    assert snapshot(Path()) == before


@contextmanager
def read_only(folder):
    """Within, `folder` belongs to somebody else and cannot be written to."""
    paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in paths:
        path.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path in paths:
            path.chmod(0o755)


def console():
    return plain_console(file=io.StringIO())


COMMANDS = {
    "run": lambda: pipeline.run(small_runs.config(), RUN, console()),
    "train": small_runs.train,
    "evaluate": lambda: evaluate_run(recorded_config(RUN), RUN, console()),
    "clean": lambda: clean_run(RUN),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_read_only_run_folder_is_one_message(go_to, command):
    go_to("finished")
    before = snapshot(RUN.root)
    with read_only(RUN.root), pytest.raises(RunDirError, match=r"run cannot be written to \(Permission denied\)"):
        command()
    assert snapshot(RUN.root) == before


def test_a_read_only_run_folder_can_be_diagnosed(go_to):
    go_to("finished")
    expected = diagnose_run(RUN)
    RUN.diagnosis.unlink()
    with read_only(RUN.root):
        assert diagnose_run(RUN) == expected
    assert not RUN.diagnosis.exists()


def test_other_problems_of_the_system_are_one_message_with_the_path(go_to, call, monkeypatch):
    go_to("finished")

    def fail(*_arguments):
        raise PermissionError(13, "Permission denied", "run/model_trainer/checkpoint-6/state.json")

    monkeypatch.setattr("sumtune.commands.clean.delete", fail)
    code, _, err = call("clean", "--all", "--run-dir", RUN.root)
    assert code == 2
    assert err == "Error: Cannot use 'run/model_trainer/checkpoint-6/state.json': Permission denied.\n"
