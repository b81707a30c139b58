"""No command fails because a terminal, a log or a file name knows fewer characters than people use."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
from rich.console import Console

from sumtune import cli
from sumtune.terminal.encoding import replace_unencodable
from sumtune.terminal.progress import generation_progress, training_progress

Call = Callable[..., str]
ENCODINGS = ("ascii", "latin-1", "utf-8")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs the command line on a terminal of the encoding; gives what stands on it, both streams together."""

    def run(encoding: str, *arguments: object, code: int = 0) -> str:
        written = io.BytesIO()
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(written, encoding=encoding, write_through=True))
        monkeypatch.setattr(sys, "argv", ["sumtune", *map(str, arguments)])
        try:
            cli.main()
            ended: object = 0
        except SystemExit as stop:
            ended = stop.code or 0
        text = written.getvalue().decode(encoding)
        assert ended == code, text
        return text

    return run


def write_chats(file: Path, count: int) -> Path:
    """Conversations of people whose names need more than ASCII."""
    rows = (tiny.conversation(number) for number in range(count))
    texts = (json.dumps(row, ensure_ascii=False).replace("Ana", "Zoë 🙂").replace("Ben", "李 → …") for row in rows)
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return file


RUN_ALL = """
import json, sys
import uvicorn
from sumtune import cli

uvicorn.Server.run = lambda _self, sockets: [one.close() for one in sockets]
for arguments, code in json.loads(sys.argv[1]):
    sys.argv = ["sumtune", *arguments]
    try:
        cli.main()
        ended = 0
    except SystemExit as stop:
        ended = stop.code or 0
    print("~~~~~", flush=True)
    assert ended == code, arguments
"""


@pytest.mark.usefixtures("own_cache")
def test_every_command_runs_on_an_ascii_terminal(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    """In a process of its own, whose streams are those of an ASCII terminal from the start."""
    chats, run_dir = write_chats(tmp_path / "gespräche.jsonl", 30), tmp_path / "läufe → 1"
    settings = ("train.epochs=1", "evaluate.max_examples=2", "decode.beams=1", "decode.engine=torch",
                "model.max_target_tokens=8", "evaluate.base=false", "train.validation_examples=2",
                "model.precision=fp32", "model.device=cpu", "lora.target_modules=[q]")  # fmt: skip
    options = [part for setting in settings for part in ("--set", setting)]
    (tmp_path / "chat.txt").write_text("Zoë: 李 🙂", encoding="utf-8")
    run = ("run", "--data", chats, "--model", tiny_models["t5"], "--run-dir", run_dir)
    commands: list[tuple[object, ...]] = [
        ("check", chats, "--model", tiny_models["t5"]), (*run, *options), (*run, *options), run,
        ("evaluate", "--run-dir", run_dir), ("compare", run_dir, run_dir), ("diagnose", "--run-dir", run_dir),
        ("summarize", tmp_path / "chat.txt", "--run-dir", run_dir),
        ("summarize", "--input", chats, "--output", tmp_path / "ausgänge.jsonl", "--run-dir", run_dir),
        ("serve", "--run-dir", run_dir, "--port", 0), ("clean", "--run-dir", run_dir),
        *((name, "--help") for name in ("run", "check", "train", "evaluate", "compare", "diagnose", "serve", "clean")),
    ]  # fmt: skip
    given = json.dumps([(list(map(str, command)), 2 if command is run else 0) for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, given], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    text = done.stdout.decode("ascii")
    assert done.returncode == 0, text
    parts = text.split("~~~~~\n")
    assert "+/-" in parts[1]
    assert "ROUGE" in parts[1]
    assert "1 -> 3" in parts[3]
    assert "..." in parts[5]
    assert all("Example" in part for part in parts[11:-1])


def test_progress_bars_are_drawn_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    replace_unencodable()
    console = Console(force_terminal=True)
    step = {"event": "step", "step": 1, "loss": 2.0, "tokens": 9, "seconds": 1.0, "learning_rate": 1e-3}
    with training_progress(console) as report:
        report({"event": "start", "step": 0, "total_steps": 2, "epochs": 1})
        report(step)
    with generation_progress(console, "base … 李", 2) as advance:
        advance(2)
    shown = written.getvalue().decode("ascii")
    assert "loss 2.00 | lr 1.0e-03 | 9 tok/s" in shown
    assert r"base ... \u674e" in shown


@pytest.mark.parametrize(("encoding", "expected"), [
    ("ascii", r"Zo\xeb -> ... \u674e"), ("latin-1", r"Zoë -> ... \u674e"), ("utf-8", "Zoë → … 李")])  # fmt: skip
def test_only_what_an_encoding_lacks_is_spelled_out(
    call: Call, monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str
) -> None:
    monkeypatch.setattr("sumtune.commands.clean.clean_run", lambda *_: "Zoë → … 李")
    assert call(encoding, "clean") == expected + "\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_name_that_is_no_text_can_be_named_in_an_error(
    call: Call, tmp_path: Path, tiny_models: dict[str, Path], encoding: str
) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    shown = call(encoding, "check", tmp_path / name, "--model", tiny_models["t5"], code=2)
    assert shown.startswith("Error: ")
    assert r"caf\udce9.csv" in shown
