"""`sumtune convert`: shown first, then written whole or not at all."""

import json
from pathlib import Path

import pytest

from sumtune.commands.convert import convert
from sumtune.data.conversations import open_conversations
from sumtune.errors import DataError, InputError

CHAT = "".join(f"[01.05.24, 1{hour}:00:00] {name}: line {hour}\n" for hour in (0, 1, 7) for name in ("Ann", "Bob"))


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "_chat.txt"
    path.write_text(CHAT + "[01.05.24, 17:00:00] Ann: <Media omitted>\n")
    return path


def test_what_is_understood_is_shown_and_written(
    chat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "chats.jsonl"
    convert(chat, target)
    shown = capsys.readouterr().out
    assert f"{chat}: an exported chat, 2 conversations, 0 with a summary." in shown
    assert "left out: notes and media (1)" in shown
    assert "Conversation 2:\n  Ann: line 7\n  Bob: line 7\n" in shown
    assert "2 conversations written" in shown
    assert "add a `summary` to each line" in shown
    dialogues = [one.dialogue for one in open_conversations(target)]
    assert dialogues == ["Ann: line 0\nBob: line 0\nAnn: line 1\nBob: line 1", "Ann: line 7\nBob: line 7"]


def test_a_pair_keeps_its_summary_and_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": n, "dialogue": f"Ann: {n}\nBob: " + "yes " * 50, "summary": f"It is {n}."} for n in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    convert(tmp_path / "a.json", tmp_path / "b.jsonl")
    assert [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == [
        {**row, "dialogue": row["dialogue"].rstrip()} for row in rows
    ]
    shown = capsys.readouterr().out
    assert "3 with a summary" in shown
    assert "yes …" in shown or "ye…" in shown or "y…" in shown
    assert "summary: It is 1." in shown
    assert "It is 2." not in shown


def test_nothing_is_replaced_without_being_asked(chat: Path, tmp_path: Path) -> None:
    target = tmp_path / "chats.jsonl"
    target.write_text("mine")
    with pytest.raises(InputError, match=r"exists.*--overwrite"):
        convert(chat, target)
    assert target.read_text() == "mine"
    convert(chat, target, overwrite=True)
    assert len(target.read_text().splitlines()) == 2


@pytest.mark.parametrize("content", ["", "Ann: hi", "{", '{"a": 1}'])
def test_what_cannot_be_read_leaves_no_file(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(content)
    with pytest.raises(DataError):
        convert(tmp_path / "x.txt", tmp_path / "chats.jsonl", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_another_suffix_is_refused(chat: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"name it .*chats\.jsonl"):
        convert(chat, tmp_path / "chats.csv")


def test_an_interrupted_write_leaves_the_old_file(chat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "chats.jsonl"
    target.write_text("mine")

    def fail(*_: object) -> None:
        raise InputError("the disk is full")

    monkeypatch.setattr("sumtune.files.resumable.ResumableLines.finish", fail)
    with pytest.raises(InputError):
        convert(chat, target, overwrite=True)
    assert target.read_text() == "mine"
