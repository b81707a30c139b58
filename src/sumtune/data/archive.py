"""Unpack compressed files in memory, up to a size limit, because a small archive can hold terabytes of zeros."""

import gzip
import io
import zipfile
import zlib
from pathlib import PurePath

from sumtune.data.file_kind import is_data_file, is_text_export, require_no_document
from sumtune.errors import DataError

__all__ = ["MAX_RATIO", "MAX_UNPACKED_BYTES", "Archive", "gunzip"]

MAX_UNPACKED_BYTES = 4 << 30
SMALL_BYTES = 64 << 20
"""Up to this size any ratio is allowed."""
MAX_RATIO = 200
"""Largest ratio of unpacked to packed bytes; text has 3 to 20."""
MOST_MEMBERS = 200_000


def gunzip(place: str, content: bytes) -> bytes:
    """Return the unpacked content of a gzip file.

    Raises:
        DataError: the file is damaged, or unpacks to more than the limit.
    """
    bound = _bound(len(content))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(bound + 1)
    except (OSError, EOFError, zlib.error):
        raise DataError(_damaged(place)) from None
    if len(unpacked) > bound:
        raise DataError(_too_large(place, bound))
    return unpacked


class Archive:
    """The members of a ZIP file that may hold data."""

    def __init__(self, place: str, content: bytes) -> None:
        """Read the list of members; nothing is unpacked.

        Raises:
            DataError: the archive is damaged or encrypted, unpacks to more than the limit, or is an office document.
        """
        self._place = place
        try:
            self._file = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise DataError(_damaged(place)) from None
        members = self._file.infolist()
        self.names = [member.filename for member in members if not member.is_dir()]
        require_no_document(place, self.names)
        if any(member.flag_bits & 1 for member in members):
            raise DataError(f"{place} is encrypted: unpack it with its password, and pass the folder.")
        bound = _bound(len(content))
        if sum(member.file_size for member in members) > bound or len(members) > MOST_MEMBERS:
            raise DataError(_too_large(place, bound))

    @property
    def is_excel(self) -> bool:
        """Whether this is an Excel workbook (.xlsx)."""
        return "xl/workbook.xml" in self.names

    @property
    def data_files(self) -> list[PurePath]:
        """Members that may hold examples, in order, without hidden files and files that macOS or editors add."""
        return [path for path in self._visible if is_data_file(path.name)]

    @property
    def text_files(self) -> list[PurePath]:
        """Members that may be an exported chat or a transcript."""
        return [path for path in self._visible if is_text_export(path.name)]

    @property
    def _visible(self) -> list[PurePath]:
        paths = [PurePath(name) for name in sorted(self.names)]
        return [path for path in paths if not any(part.startswith(("__MACOSX", ".")) for part in path.parts)]

    def read(self, path: PurePath) -> bytes:
        """Return the content of a member.

        Raises:
            DataError: it is damaged.
        """
        try:
            return self._file.read(path.as_posix())
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise DataError(_damaged(f"{self._place}/{path}")) from None


def _bound(packed_bytes: int) -> int:
    return min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * packed_bytes))


def _too_large(place: str, bound: int) -> str:
    return f"{place} unpacks to more than {bound / 1e6:,.0f} MB: unpack it yourself if you trust it, and pass that."


def _damaged(place: str) -> str:
    return f"{place} is damaged: it cannot be unpacked; download or pack it again."
