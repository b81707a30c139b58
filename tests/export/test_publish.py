"""An export replaces an older one whole, and an interruption loses at most the new one."""

import shutil
from pathlib import Path

import pytest

from sumtune.export.publish import publish


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "export.json").write_text(text)
    return path


def test_the_new_export_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    final = folder(tmp_path / "chats", "old")
    publish(folder(tmp_path / ".draft", "new"), final)
    assert (final / "export.json").read_text() == "new"
    assert list(tmp_path.iterdir()) == [final]


def test_an_interruption_while_the_old_export_is_deleted_leaves_the_new_one(tmp_path, monkeypatch) -> None:
    final, delete = folder(tmp_path / "chats", "old"), shutil.rmtree

    def interrupted(path: Path, ignore_errors: bool = False) -> None:
        if path.exists():
            raise KeyboardInterrupt
        delete(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(folder(tmp_path / ".draft", "new"), final)
    assert (final / "export.json").read_text() == "new"
