"""No command fails because a terminal, a log or a file name knows fewer characters than people use."""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
import uvicorn
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


@pytest.mark.e2e
@pytest.mark.usefixtures("own_cache")
def test_every_command_runs_on_an_ascii_terminal(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda _self, sockets: [one.close() for one in sockets])
    chats, run_dir = write_chats(tmp_path / "gespräche.jsonl", 30), tmp_path / "läufe → 1"
    settings = ("train.epochs=1", "evaluate.max_examples=2", "decode.beams=1", "decode.engine=torch",
                "model.max_target_tokens=8", "evaluate.base=false", "train.validation_examples=2",
                "model.precision=fp32", "model.device=cpu", "lora.target_modules=[q]")  # fmt: skip
    options = [part for setting in settings for part in ("--set", setting)]
    (tmp_path / "chat.txt").write_text("Zoë: 李 🙂", encoding="utf-8")
    run = ("run", "--data", chats, "--model", tiny_models["t5"], "--run-dir", run_dir)
    assert "can be used" in call("ascii", "check", chats, "--model", tiny_models["t5"])
    for _ in range(2):
        shown = call("ascii", *run, *options)
        assert "+/-" in shown
        assert "ROUGE" in shown
    assert "1 -> 3" in call("ascii", *run, code=2)
    assert "+/-" in call("ascii", "evaluate", "--run-dir", run_dir)
    assert "..." in call("ascii", "compare", run_dir, run_dir)
    assert "DIAGNOSIS" in call("ascii", "diagnose", "--run-dir", run_dir)
    assert call("ascii", "summarize", tmp_path / "chat.txt", "--run-dir", run_dir)
    call("ascii", "summarize", "--input", chats, "--output", tmp_path / "ausgänge.jsonl", "--run-dir", run_dir)
    call("ascii", "serve", "--run-dir", run_dir, "--port", 0)
    assert "checkpoints" in call("ascii", "clean", "--run-dir", run_dir)
    for name in ("run", "check", "train", "evaluate", "compare", "diagnose", "serve", "clean"):
        assert "Example" in call("ascii", name, "--help")


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
