"""The manifest of a cache entry: the checksum of each file, and the file's stamp at the last comparison."""

import os
import stat
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sumtune.errors import SumtuneError
from sumtune.files.checksums import file_sum
from sumtune.files.records import read_record, write_record

__all__ = ["MANIFEST", "Manifest", "Stamp", "stamps_of"]

MANIFEST = "manifest.json"

Stamp = tuple[int, int, int, int]
"""Size, modification time and change time (ns), and inode: at least one differs after a change."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sha256: str
    stamp: Stamp


class Manifest(BaseModel):
    """Files of a folder by name, without hidden files and the manifest itself."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, _File]

    @classmethod
    def of(cls, folder: Path) -> "Manifest":
        """Return the manifest of the current content of `folder`.

        Raises:
            OSError: see `stamps_of`.
        """
        stamps = stamps_of(folder)
        return cls(files={name: _File(sha256=file_sum(folder / name), stamp=stamps[name]) for name in sorted(stamps)})

    @classmethod
    def read(cls, folder: Path) -> "Manifest | None":
        """Return the manifest in `folder`; None if it is missing or unreadable."""
        try:
            return cls.model_validate(read_record(folder / MANIFEST))
        except (SumtuneError, ValidationError):
            return None

    def write(self, folder: Path) -> None:
        """Write the manifest into `folder`."""
        write_record(folder / MANIFEST, self.model_dump(mode="json"))

    @property
    def stamps(self) -> dict[str, Stamp]:
        """The stamp of each file by name."""
        return {name: file.stamp for name, file in self.files.items()}

    def has_sums_of(self, other: "Manifest") -> bool:
        """Return whether both manifests have the same files with the same checksums."""
        return {name: file.sha256 for name, file in self.files.items()} == {
            name: file.sha256 for name, file in other.files.items()
        }


def stamps_of(folder: Path) -> dict[str, Stamp]:
    """Return the stamp of each file in `folder` by name, without hidden files and the manifest.

    Raises:
        OSError: the folder cannot be read, or holds something other than regular files, such as a link.
    """
    stamps: dict[str, Stamp] = {}
    with os.scandir(folder) as found:
        for path in found:
            if path.name.startswith(".") or path.name == MANIFEST:
                continue
            status = path.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(f"{path.path} is not a regular file.")
            stamps[path.name] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return stamps
