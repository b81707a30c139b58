"""Entries of the cache: folders that are created once, checked on every use, and rebuilt when damaged.

An entry is a folder of files with a manifest of their SHA-256 sums. Sums of data are compared only if a file looks
changed (size, times, inode), so that half a gigabyte costs no time at a usual start. Sums of code are always compared.

Data (converted models, engines, tokenizers) may belong to any user: whoever uses a cache or a run folder trusts its
content. Code must be ours (`is_ours`); otherwise it is compiled again in another place.
"""

import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from sumtune.errors import SumtuneError
from sumtune.files.atomic import new_folder
from sumtune.files.cache_dir import CACHE, cache_dir, private_dir
from sumtune.files.cache_manifest import Manifest, Stamp, stamps_of
from sumtune.files.ownership import GROUP_OR_OTHERS, is_ours

__all__ = ["Entry", "delete_entry", "identity_of"]

Make = Callable[[Path], None]
"""Function that fills an empty folder."""

logger = logging.getLogger(__name__)

SAY_WAITING_AFTER_S = 2
OS_ERROR = re.compile(r"\(os error (\d+)\)")
CLOCK_TICK_S = 0.02
"""Two changes within one clock tick can give a file the same times; ticks are at most 10 ms."""

_compared: dict[Path, dict[str, Stamp]] = {}
"""Stamps of the entries whose sums this process has compared."""
_moved: dict[tuple[Path, ...], Path] = {}
"""Entries that this process created in `private_dir` because no other place was writable."""


@dataclass(frozen=True)
class Entry:
    """A folder that is looked up in `places`, in order, and created in the first one that is writable."""

    places: tuple[Path, ...]
    is_code: bool = False
    """Whether the files are executed."""

    @classmethod
    def named(cls, kind: str, name: str, *, beside: Path | None = None) -> "Entry":
        """Return the entry `name` of a `kind` in the cache or, with `beside`, preferably in that folder."""
        inside = cache_dir() / kind / name
        return cls((inside,) if beside is None else (beside / name, inside))

    def find(self) -> Path | None:
        """Return the folder of the entry if it is intact, otherwise None."""
        moved = (_moved[self.places],) if self.places in _moved else ()
        return next((place for place in (*self.places, *moved) if self._is_usable(place)), None)

    def get(self, make: Make) -> Path:
        """Return the folder of the entry; call `make` first if there is no intact one.

        A second process that needs the entry waits for the first. If no place is writable, the entry is created in a
        temporary folder of this process.

        Raises:
            OSError: the disk is full.
            ConfigError: there is no temporary folder either.
        """
        return self.find() or self._made(make, replaces=False)

    def put(self, make: Make) -> Path:
        """Rebuild the entry and replace the old one; raises what `get` raises."""
        return self._made(make, replaces=True)

    def _made(self, make: Make, *, replaces: bool) -> Path:
        for place in self.places:
            if (lock := _lock(place)) is None:
                continue
            try:
                if not replaces and (found := self.find()):
                    return found  # another process has created it in the meantime
                if place.exists() and not replaces:
                    _warn_once(f"{place} is damaged or from another version: it is rebuilt.")
                if _is_cleared(place):
                    return self._filled(place, make)
            finally:
                lock.release()
        _warn_once(
            f"{cache_dir()} is not writable: cached files go into a temporary folder and are rebuilt at the next "
            f"start. Set {CACHE} to a folder that you can write to."
        )
        _moved[self.places] = place = private_dir() / self.places[-1].parent.name / self.places[-1].name
        return self._filled(place, make)

    def _filled(self, place: Path, make: Make) -> Path:
        with new_folder(place) as folder:
            with _system_errors():
                make(folder)
            _set_modes(folder, self.is_code)
            time.sleep(CLOCK_TICK_S)
            Manifest.of(folder).write(folder)
        return place

    def _is_usable(self, place: Path) -> bool:
        manifest = Manifest.read(place)
        if manifest is None:
            return False
        try:
            stamps = stamps_of(place)
            if self.is_code and not all(map(is_ours, (place, *(place / name for name in stamps)))):
                _warn_once(f"{place} is not used, because other users can write to it.")
                return False
            if not self.is_code and stamps in (manifest.stamps, _compared.get(place)):
                return True
            now = Manifest.of(place)
        except OSError:
            return False
        if not now.has_sums_of(manifest):
            return False
        _compared[place] = stamps
        _remember(place, now)
        return True


def identity_of(folder: Path, suffixes: Collection[str]) -> object:
    """Return a value (for JSON or repr) that changes when a file of `folder` with one of these suffixes changes.

    For a cache entry it consists of checksums, which are the same for every user; otherwise of path, sizes and times.
    """
    manifest = Manifest.read(folder) if folder.is_relative_to(cache_dir()) else None
    if manifest is not None:
        return sorted((name, file.sha256) for name, file in manifest.files.items())
    found = sorted(file for file in folder.glob("*") if file.suffix in suffixes)
    files = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in found]
    return str(folder.resolve()), files


def delete_entry(place: Path) -> None:
    """Delete the file, link or folder at `place`, if there is one.

    Raises:
        OSError: it cannot be deleted.
    """
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _is_cleared(place: Path) -> bool:
    """Delete the unusable entry at `place`; return False if another user owns it."""
    try:
        delete_entry(place)
    except OSError:
        return False
    return True


def _lock(place: Path) -> FileLock | None:
    """Wait for the lock of `place` and return it, held; None if the folder is not writable."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_lock_file(place))
        try:
            lock.acquire(timeout=SAY_WAITING_AFTER_S)
        except Timeout:
            logger.warning("Waiting for another process, which is building %s.", place)
            lock.acquire()
    except OSError:
        return None
    _collect_leftovers(place)
    return lock


def _lock_file(place: Path) -> Path:
    return place.with_name(f".{place.name}.lock")


def _collect_leftovers(place: Path) -> None:
    """Delete unfinished entries beside `place` whose process was killed, so that nobody holds their locks."""
    for file in set(place.parent.glob(".*.lock")) - {_lock_file(place)}:
        unfinished = file.with_suffix(".tmp")
        with suppress(OSError, Timeout):
            if unfinished.is_dir():
                with FileLock(file, timeout=0):
                    shutil.rmtree(unfinished)


@contextmanager
def _system_errors() -> Iterator[None]:
    """Raise OSError for errors of Rust libraries (safetensors) whose text has its number: `… (os error 28)`."""
    try:
        yield
    except Exception as error:
        if (said := OS_ERROR.search(str(error))) is None or isinstance(error, OSError | SumtuneError):
            raise
        raise OSError(int(said[1]), os.strerror(int(said[1]))) from error


def _set_modes(folder: Path, is_code: bool) -> None:
    """Let everybody who can read the folder read its files, because safetensors writes files of mode 0600.

    Only this user can write code, whatever the umask.
    """
    readable = folder.stat().st_mode & 0o444
    for path in (folder, *folder.iterdir()):
        mode = stat.S_IMODE(path.stat().st_mode) | readable
        path.chmod(mode & ~GROUP_OR_OTHERS if is_code else mode)


def _remember(place: Path, now: Manifest) -> None:
    """Record the stamps of the files in `place`, so that the next start does not compare their checksums."""
    with suppress(OSError, Timeout), FileLock(_lock_file(place), timeout=0):
        if stamps_of(place) == now.stamps:
            now.write(place)


@cache
def _warn_once(message: str) -> None:
    logger.warning("%s", message)
