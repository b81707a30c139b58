"""Files and folders appear whole or not at all, and on the disk before their name says so."""

import os
import stat
from pathlib import Path

import pytest

from sumtune.files.atomic import new_file, new_folder, write_text


def content_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def order(monkeypatch):
    """What was synced (by inode) and renamed, in order."""
    done = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (done.append(os.fstat(descriptor).st_ino), fsync(descriptor)))
    monkeypatch.setattr("pathlib.Path.replace", lambda path, target: (done.append("rename"), replace(path, target))[1])
    return done


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_after(tmp_path, order):
    write_text(tmp_path / "a", "new")
    assert order == [(tmp_path / "a").stat().st_ino, "rename", tmp_path.stat().st_ino]


def test_every_file_of_a_folder_is_on_the_disk_before_the_folder_has_its_name(tmp_path, order):
    with new_folder(tmp_path / "all") as folder:
        (folder / "one").write_text("1")
        (folder / "deep").mkdir()
        (folder / "deep" / "two").write_text("2")
    final = tmp_path / "all"
    inside = {path.stat().st_ino for path in (final, final / "one", final / "deep", final / "deep" / "two")}
    at = order.index("rename")
    assert set(order[:at]) == inside
    assert order[at + 1 :] == [tmp_path.stat().st_ino]


@pytest.mark.parametrize("make", [new_file, new_folder])
def test_what_fails_changes_nothing(tmp_path, make):
    final = tmp_path / "final"
    if make is new_file:
        final.write_text("old")
    else:
        final.mkdir()
        (final / "one").write_text("old")
    before = content_of(tmp_path)

    def write_half():
        with make(final) as temporary:
            (temporary if make is new_file else temporary / "one").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert content_of(tmp_path) == before


def test_a_folder_replaces_the_old_one_as_a_whole_and_what_a_killed_writer_left(tmp_path):
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "old").write_text("old")
    (tmp_path / ".all.tmp").mkdir()
    (tmp_path / ".all.tmp" / "left").write_text("left")
    with new_folder(tmp_path / "all") as folder:
        (folder / "new").write_text("new")
    assert content_of(tmp_path) == {"all/new": b"new"}


def test_modes_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
