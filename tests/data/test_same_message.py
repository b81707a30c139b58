"""The same fault has the same message in every command that reads data, and a wrong shape is named."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sumtune.config import DataConfig
from sumtune.data import ingest
from sumtune.data.conversations import open_conversations
from sumtune.data.data_source import find_source
from sumtune.data.export import read_export
from sumtune.data.issues import raise_errors
from sumtune.errors import DataError

ROW = {"dialogue": "Ann: Hi?\nBen: Yes.", "summary": "Hi."}
HALF = "Ann: \ud800?"
READERS: dict[str, Callable[[Path], object]] = {
    "check": lambda path: raise_errors(ingest.check(DataConfig(path=str(path))).issues),
    "convert": read_export,
    "summarize": lambda path: list(open_conversations(path)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_half_a_character_in_the_dialogue(tmp_path: Path, reader: str, name: str) -> None:
    rows = [ROW, {**ROW, "dialogue": HALF}]
    text = json.dumps(rows) if name == "a.json" else "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"{name}:2: the dialogue is not valid UTF-8, or has half a character"):
        READERS[reader](tmp_path / name)


def test_half_a_character_elsewhere_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({**ROW, "summary": HALF}) + "\n", encoding="utf-8")
    for read in (READERS["convert"], READERS["summarize"]):
        with pytest.raises(DataError, match=r"a\.jsonl:1: the row is not valid UTF-8, or has half a character"):
            read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"train": ROW, "test": None}, "holds an object under 'train', expected a list"),
        ({"train": [ROW], "test": ROW}, "holds an object under 'test', expected a list"),
        ({"train": {"dialogue": ["a"], "summary": ["b"]}}, "holds an object under 'train', expected a list"),
        ({"train": "chats.json"}, "holds a text under 'train', expected a list"),
        ({"train": 3}, "holds a number under 'train', expected a list"),
        ({"train": None, "test": None}, "holds an object with 'train', 'test'. Expected a list"),
        (3, "holds a number. Expected a list"),
        (None, "holds null. Expected a list"),
    ],
)
def test_a_wrong_shape_is_named(tmp_path: Path, content: Any, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError) as error:
        ingest.check(DataConfig(path=str(path)))
    assert str(error.value).startswith(f"{path} {said}")


def test_the_path_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "closed"
    inner.mkdir()
    iterdir = Path.iterdir

    def closed(folder: Path) -> Any:
        if folder == inner:
            raise PermissionError(13, os.strerror(13), str(inner))
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(DataError, match=f"Cannot read '{inner}': Permission denied"):
        find_source(str(tmp_path))
