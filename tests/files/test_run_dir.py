import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.errors import RunDirError
from sumtune.files.atomic import write_bytes, write_json, write_text
from sumtune.files.checksums import fingerprint
from sumtune.files.run_dir import RunDir


def test_naming_paths_creates_nothing(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "artifacts")
    paths = [
        run_dir.run_json, run_dir.split("train"), run_dir.validation_report, run_dir.transformation, run_dir.adapter,
        run_dir.train_metrics, run_dir.evaluation,
    ]  # fmt: skip
    assert len(set(paths)) == len(paths)
    assert all(path.is_relative_to(run_dir.root) for path in paths)
    assert not run_dir.root.exists()


def test_what_a_stage_needs_is_there_or_the_command_is_named(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "artifacts")
    with pytest.raises(RunDirError, match=r"no model_trainer/adapter: run `sumtune train --run-dir .*artifacts`"):
        run_dir.require(run_dir.adapter, "train")
    run_dir.adapter.mkdir(parents=True)
    assert run_dir.require(run_dir.adapter, "train") == run_dir.adapter


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "file"
    write_bytes(path, b"old")

    def crash(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="no space"):
        write_bytes(path, b"new and longer")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    write_bytes(path, b"new")
    assert [file.name for file in path.parent.iterdir()] == ["file"]
    assert path.read_bytes() == b"new"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    )
)
@settings(max_examples=40)
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert json.loads(path.read_text(encoding="utf-8")) == value


def test_text_is_utf8_with_its_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "Zoë: 你好\r\n\n")
    assert (tmp_path / "text").read_bytes() == "Zoë: 你好\r\n\n".encode()


def test_a_fingerprint_sees_content_name_and_settings_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    print_ = fingerprint([first, second], {"x": 1, "y": Path("z")})
    os.utime(first, (1, 1))
    assert fingerprint([first, second], {"y": Path("z"), "x": 1}) == print_
    others = [
        fingerprint([first], {"x": 1, "y": Path("z")}),
        fingerprint([first, second], {"x": 2, "y": Path("z")}),
    ]
    second.write_bytes(b"3")
    others.append(fingerprint([first, second], {"x": 1, "y": Path("z")}))
    second.rename(tmp_path / "c")
    (tmp_path / "c").write_bytes(b"2")
    others.append(fingerprint([first, tmp_path / "c"], {"x": 1, "y": Path("z")}))
    assert len({print_, *others}) == 5
