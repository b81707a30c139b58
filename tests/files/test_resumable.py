"""A file of lines: one writer, whole lines only, and the file it replaces keeps its place and its mode."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sumtune.errors import InputError
from sumtune.files.resumable import resumable_lines

MADE_FROM = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)


def write(target: Path, lines: list[str], made_from: str = MADE_FROM) -> None:
    with resumable_lines(target, made_from) as out:
        out.append(lines[out.done :])
        out.finish(len(lines))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_second_writer_is_refused_and_the_first_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    for other in (MADE_FROM, "f" * 64):
        with resumable_lines(target, MADE_FROM) as out:
            out.append(["a"])
            with pytest.raises(InputError, match="being written by another process"), resumable_lines(target, other):
                pass
            out.append(["b"])
            out.finish(2)
        assert target.read_text() == "a\nb\n"
    assert names(tmp_path) == ["out.jsonl"]


@pytest.mark.parametrize("expected", [1, 3])
def test_a_file_with_another_number_of_lines_does_not_become_the_target(tmp_path: Path, expected: int) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")
    with resumable_lines(target, MADE_FROM) as out:
        out.append(["a", "b"])
        with pytest.raises(InputError, match=f"holds 2 lines, expected {expected}"):
            out.finish(expected)
    assert target.read_text() == "old\n"


def test_a_folder_a_pipe_and_a_device_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    before = names(tmp_path)
    for target, kind in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "link", "a pipe"),
        (tmp_path / "folder", "a folder"),
        (Path(os.devnull), "a device"),
    ):
        with pytest.raises(InputError, match=f"is {kind}"), resumable_lines(target, MADE_FROM):
            pass
    assert names(tmp_path) == before
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, exists: bool) -> None:
    real, link = tmp_path / "real" / "out.jsonl", tmp_path / "link.jsonl"
    real.parent.mkdir()
    if exists:
        real.write_text("old\n")
    link.symlink_to(real)
    write(link, ["a"])
    assert link.is_symlink()
    assert real.read_text() == "a\n"
    assert names(real.parent) == ["out.jsonl"]
    assert names(tmp_path) == ["link.jsonl", "real"]


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to(tmp_path / "missing" / "out.jsonl")
    with pytest.raises(InputError, match="Cannot write"), resumable_lines(tmp_path / "loop", MADE_FROM):
        pass
    with pytest.raises(InputError, match="no folder"), resumable_lines(tmp_path / "gone", MADE_FROM):
        pass


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666])
def test_an_existing_file_keeps_its_mode_also_while_it_grows(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")
    target.chmod(mode)
    with resumable_lines(target, MADE_FROM) as out:
        out.append(["a"])
        (part,) = tmp_path.glob(".*.part")
        assert stat.S_IMODE(part.stat().st_mode) == mode
        out.finish(1)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_obeys_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    os.umask(umask)
    write(tmp_path / "out.jsonl", ["a"])
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is write-protected from root")
def test_a_write_protected_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")
    target.chmod(0o400)
    with pytest.raises(InputError, match="write-protected"), resumable_lines(target, MADE_FROM):
        pass


def test_what_was_begun_is_continued_and_what_others_left_is_deleted_with_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out[1].jsonl"
    for made_from in ("a" * 64, MADE_FROM):
        with resumable_lines(target, made_from) as out:
            out.append(["a", "b"])
    with resumable_lines(target, MADE_FROM) as out:
        assert out.done == 2
    write(target, ["a", "b", "c"])
    assert target.read_text() == "a\nb\nc\n"
    assert names(tmp_path) == ["out[1].jsonl"]


def test_a_writer_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="planted"), resumable_lines(tmp_path / "out.jsonl", MADE_FROM):
        raise RuntimeError("planted")
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder of Linux in which nobody can create a file")
def test_a_folder_without_room_for_a_file_is_no_other_writer() -> None:
    with pytest.raises(InputError, match="cannot be written: no file can be created in /proc"):
        write(Path("/proc/out.jsonl"), ["a"])
