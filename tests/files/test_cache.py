"""An entry is made once, is never used damaged, and is made again where it is: by one process at a time."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError

from sumtune.errors import ConfigError
from sumtune.files import cache, cache_dir
from sumtune.files.cache import Entry, identity_of
from sumtune.files.cache_manifest import MANIFEST
from sumtune.files.failpoints import KILL_AT

CONTENT = b"0123456789" * 100


def fill(folder: Path) -> None:
    (folder / "a.bin").write_bytes(CONTENT)
    (folder / "b.txt").write_text("b")
    (folder / "a.bin").chmod(0o600)  # as safetensors does


def never(_folder: Path) -> None:
    raise AssertionError("the entry was made again")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "kind" / "name"


@pytest.fixture
def entry(place: Path) -> Entry:
    return Entry((place,))


def assert_whole(folder: Path) -> None:
    assert (folder / "a.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in folder.iterdir()) == ["a.bin", "b.txt", MANIFEST]


def test_an_entry_is_made_once(entry: Entry, place: Path) -> None:
    assert entry.find() is None
    assert entry.get(fill) == place
    assert_whole(place)
    assert entry.get(never) == entry.find() == place


def test_one_that_is_put_takes_the_place_of_the_older(entry: Entry, place: Path) -> None:
    entry.get(fill)
    entry.put(lambda folder: (folder / "c").write_text("new") and None)
    assert sorted(path.name for path in place.iterdir()) == ["c", MANIFEST]


def flip(file: Path) -> None:
    """Changes a bit, and nothing that a directory shows but the time of the change itself."""
    before, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def link(file: Path) -> None:
    file.rename(file.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent / "elsewhere")


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


FILE_DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit": flip,
    "cut": lambda file: os.truncate(file, 5),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "empty": lambda file: file.write_bytes(b""),
    "deleted": Path.unlink,
    "a link": link,
    "a pipe": pipe,
}


def replaced(*pairs: tuple[str, str]) -> Callable[[Path], object]:
    """Replaces texts in a file."""

    def replace(file: Path) -> None:
        text = file.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)

    return replace


MANIFEST_DAMAGES: dict[str, Callable[[Path], object]] = {
    "no manifest": Path.unlink,
    "an empty manifest": lambda file: file.write_bytes(b""),
    "a manifest of a newer version": replaced(('"format": 1', '"format": 9')),
    "no files": lambda file: file.write_text('{"format": 1, "files": {}}'),
    "a list": lambda file: file.write_text("[]"),
    "other sums": replaced(("[\n        1", "[\n        2"), ('"sha256": "', '"sha256": "0')),
    "a file elsewhere": replaced(('"b.txt"', '"../b.txt"')),
}
PLACE_DAMAGES: dict[str, Callable[[Path], object]] = {
    "another file": lambda folder: (folder / "model.bin").write_bytes(b"x"),
    "a folder in it": lambda folder: (folder / "more").mkdir(),
    "a file in its place": lambda folder: (folder.rename(folder.with_name("away")), folder.write_text("x")),
    "a link in its place": lambda folder: (folder.rename(folder.with_name("away")), folder.symlink_to("nowhere")),
}
DAMAGES = (
    {name: (lambda place, do=do: do(place / "a.bin")) for name, do in FILE_DAMAGES.items()}
    | {name: (lambda place, do=do: do(place / MANIFEST)) for name, do in MANIFEST_DAMAGES.items()}
    | PLACE_DAMAGES
)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_made_again(entry: Entry, place: Path, damage: Callable[[Path], object]) -> None:
    entry.get(fill)
    damage(place)
    assert entry.find() is None
    assert entry.get(fill) == place
    assert_whole(place)
    assert entry.get(never) == place


def test_files_that_only_look_changed_are_compared_once(
    entry: Entry, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a copy of the cache: then times and inodes are others."""
    entry.get(fill)
    (place / "a.bin").write_bytes(CONTENT)
    assert entry.get(never) == place
    monkeypatch.setattr(cache, "_compared", {})  # another process
    monkeypatch.setattr("sumtune.files.cache_manifest.file_sum", never)
    assert entry.get(never) == place


def test_code_is_compared_every_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = Entry((place,), is_code=True)
    code.get(fill)
    compared: list[Path] = []
    monkeypatch.setattr("sumtune.files.cache_manifest.file_sum", lambda file: compared.append(file) or "0")
    assert code.find() is None
    assert compared


def test_half_of_what_was_made_is_not_there(entry: Entry, place: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise KeyError

    with pytest.raises(KeyError):
        entry.get(fail)
    assert not list(place.parent.glob("[!.]*"))
    assert not list(place.parent.glob(".*.tmp"))


def test_a_full_disk_is_told_also_where_a_library_says_it_in_its_own_words(entry: Entry, place: Path) -> None:
    def full(_folder: Path) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    with pytest.raises(OSError, match=re.escape(os.strerror(errno.ENOSPC))) as raised:
        entry.get(full)
    assert raised.value.errno == errno.ENOSPC
    assert not place.exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o644)])
def test_who_may_read_it_follows_the_umask(entry: Entry, place: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        entry.get(fill)
    finally:
        os.umask(before)
    assert (place / "a.bin").stat().st_mode & 0o777 == mode
    assert place.stat().st_mode & 0o777 == 0o777 & ~umask


def test_only_the_owner_may_write_code_whatever_the_umask(place: Path) -> None:
    before = os.umask(0)
    try:
        Entry((place,), is_code=True).get(fill)
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o755
    assert (place / "a.bin").stat().st_mode & 0o777 == 0o644


OPENINGS: dict[str, Callable[[Path], object]] = {
    "the folder": lambda place: place.chmod(0o775),
    "a file": lambda place: (place / "a.bin").chmod(0o666),
}


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
def test_code_that_others_can_write_is_made_anew(place: Path, opening: Callable[[Path], object]) -> None:
    code = Entry((place,), is_code=True)
    code.get(fill)
    (place / "b.txt").write_text("written by another")
    opening(place)
    assert code.find() is None
    assert code.get(fill) == code.get(never) == place
    assert (place / "b.txt").read_text() == "b"


def test_code_of_another_user_is_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, data = Entry((place,), is_code=True), Entry((place,))
    code.get(fill)
    if os.geteuid() == 0:
        os.chown(place / "a.bin", 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        monkeypatch.setattr("sumtune.files.ownership.PACKAGE", Path("/"))
    assert code.find() is None
    assert data.find() == place, "data may be anybody's"


@pytest.fixture
def no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that nobody can write to, root neither."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(cache, "_moved", {})
    cache._warn_once.cache_clear()
    return tmp_path / "file" / "kind" / "name"


def test_the_next_place_is_taken_where_one_cannot_be_written(place: Path, no_place: Path) -> None:
    entry = Entry((no_place, place))
    assert entry.get(fill) == entry.get(never) == place


def test_without_any_place_a_process_uses_a_folder_of_its_own(no_place: Path, caplog: pytest.LogCaptureFixture) -> None:
    entry = Entry((no_place,))
    folder = entry.get(fill)
    assert entry.get(never) == folder
    assert folder.is_relative_to(cache_dir.private_dir())
    assert cache_dir.private_dir().stat().st_mode & 0o777 == 0o700
    Entry((no_place.with_name("other"),)).get(fill)
    assert [record.message.partition(":")[0] for record in caplog.records] == [f"{cache.cache_dir()} is not writable"]


def test_without_a_temporary_folder_there_is_one_message(no_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    cache_dir.private_dir.cache_clear()
    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(ConfigError, match="set SUMTUNE_CACHE"):
        Entry((no_place,)).get(fill)


def test_a_whole_entry_that_cannot_be_written_is_used(entry: Entry, place: Path) -> None:
    entry.get(fill)
    (place / "a.bin").write_bytes(CONTENT)
    place.parent.chmod(0o555)
    assert entry.get(never) == place


def test_one_of_many_processes_makes_it_and_the_others_wait(entry: Entry, place: Path, tmp_path: Path) -> None:
    log = tmp_path / "made"

    def slow(folder: Path) -> None:
        with log.open("a") as file:
            file.write("made\n")
        time.sleep(0.2)
        fill(folder)

    children = []
    for _ in range(4):
        if not (child := os.fork()):
            os._exit(0 if entry.get(slow) == place else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert log.read_text() == "made\n"
    assert_whole(place)


def test_who_waits_says_what_for(entry: Entry, place: Path, monkeypatch: pytest.MonkeyPatch,
                                 caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    monkeypatch.setattr(cache, "SAY_WAITING_AFTER_S", 0.01)
    begun = threading.Event()

    def slow(folder: Path) -> None:
        begun.set()
        time.sleep(0.2)
        fill(folder)

    maker = threading.Thread(target=entry.get, args=[slow])
    maker.start()
    begun.wait()
    assert entry.get(never) == place
    maker.join()
    assert caplog.messages == [f"Waiting for another process, which is building {place}."]


KILLED = """
from pathlib import Path
from sumtune.files.cache import Entry, identity_of
Entry((Path({place!r}),)).get(lambda folder: (folder / "a.bin").write_bytes(b"half") and None)
"""


def test_what_a_killed_maker_left_goes_when_a_neighbour_is_made(place: Path) -> None:
    environment = os.environ | {KILL_AT: "folder.whole:1"}
    command = [sys.executable, "-c", KILLED.format(place=str(place.with_name("old")))]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert place.with_name(".old.tmp").is_dir()
    other = place.with_name(".checkpoint-3.tmp")  # of somebody who takes no lock here
    other.mkdir()
    Entry((place,)).get(fill)
    assert not place.with_name(".old.tmp").exists()
    assert other.exists()


def test_what_another_is_making_stays_when_a_neighbour_is_made(place: Path) -> None:
    def make_both(folder: Path) -> None:
        Entry((place.with_name("second"),)).get(fill)
        fill(folder)

    Entry((place,)).get(make_both)
    assert_whole(place)


def test_an_entry_is_told_by_its_content_and_another_folder_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an engine beside an adapter serves those whose cache is elsewhere."""
    identities = []
    for name in ("first", "second"):
        monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path / name))
        identities.append(identity_of(Entry.named("kind", "name").get(fill), {".bin"}))
        os.utime(Entry.named("kind", "name").get(never) / "a.bin")
    assert identities[0] == identities[1]
    outside = [identity_of(tmp_path / "first" / "kind" / "name", {".bin"}) for _ in range(2)]
    assert outside[0] == outside[1] != identities[0]
    (tmp_path / "first" / "kind" / "name" / "a.bin").write_bytes(b"other")
    assert identity_of(tmp_path / "first" / "kind" / "name", {".bin"}) != outside[0]
