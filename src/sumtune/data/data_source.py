"""Resolve `--data`: a file, a folder, the embedded data set, or a Hugging Face data set."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from sumtune.data.dialogue import is_unicode
from sumtune.data.embedded import embedded_files
from sumtune.data.file_kind import SUFFIXES
from sumtune.data.folder import assign_splits, is_metadata, list_files
from sumtune.data.hub import read_hub
from sumtune.data.readers import read_file
from sumtune.data.saved_dataset import is_saved_dataset, saved_files
from sumtune.data.slack_export_folder import is_slack_export
from sumtune.data.table import Table
from sumtune.errors import DataError
from sumtune.files.checksums import fingerprint

__all__ = ["DataFile", "DataSource", "find_source"]

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class DataFile:
    """A file to read."""

    path: Path
    name: str
    """Name of the file in messages and ids."""
    split: str | None = None
    """None if the source does not name one."""


@dataclass(frozen=True)
class DataSource:
    """The files to read, or the id of the data set to fetch."""

    name: str
    files: tuple[DataFile, ...] = ()
    hub_id: str | None = None
    unused: tuple[str, ...] = ()
    """Data files in the folder that are not read."""

    def read(self) -> list[Table]:
        """Return all tables of the source. Fetches the data set if the source is an id.

        Raises:
            DataError: a file cannot be read, or the data set cannot be fetched.
        """
        if self.hub_id is not None:
            return read_hub(self.hub_id)
        return [table for file in self.files for table in read_file(file.path, file.split, name=file.name)]

    def fingerprint(self, settings: object) -> str:
        """Return the SHA-256 (hex) of the files and `settings`. Does not check the hub for changes of a data set."""
        try:
            return fingerprint([file.path for file in self.files], settings)
        except OSError as error:
            raise DataError(f"Cannot read {error.filename}: {error.strerror}.") from None


def find_source(path: str) -> DataSource:
    """Return the source that `path` names, without reading any data.

    Raises:
        DataError: `path` does not exist, or it is a folder whose file names do not show the splits.
    """
    if path == "embedded":
        return DataSource(path, tuple(DataFile(file, file.name, name) for name, file in embedded_files().items()))
    place = Path(path).expanduser() if path.startswith("~/") else Path(path)
    try:
        if not path.strip() or not place.exists():
            return _not_a_path(path, place)
        found, unused = _in_folder(place) if place.is_dir() else ((_single_file(place),), ())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        inner = getattr(error, "filename", None) or path
        raise DataError(f"Cannot read {str(inner)!r}: {reason}.") from None
    for file in found:
        if not is_unicode(file.name):
            raise DataError(f"The file name {file.name!r} is not valid UTF-8; rename the file.")
    return DataSource(path, found, unused=unused)


def _not_a_path(path: str, place: Path) -> DataSource:
    """Return the Hugging Face data set that `path` names; raise DataError if it looks like a mistyped path."""
    folder = place.parent
    names = [entry.name for entry in folder.iterdir()] if path.strip() and folder.is_dir() else []
    near = difflib.get_close_matches(place.name, names, n=1)
    if HUB_ID.fullmatch(path) and place.suffix.lower() not in SUFFIXES and not near:
        return DataSource(path, hub_id=path)
    hint = f" Did you mean {str(folder / near[0])!r}?" if near else ""
    raise DataError(
        f"--data {path!r} does not exist.{hint} Expected `embedded`, a file ({', '.join(SUFFIXES)}, .zip or .gz), "
        "a folder with train, validation and test files, or a Hugging Face data set id such as owner/name."
    )


def _single_file(place: Path) -> DataFile:
    if not place.is_file():
        raise DataError(f"{place} is neither a file nor a folder; write its content to a file and pass that.")
    return DataFile(place, place.name)


def _in_folder(folder: Path) -> tuple[tuple[DataFile, ...], tuple[str, ...]]:
    """Return the split files of `folder`, or its only data file, and the names of the unused data files."""
    if is_saved_dataset(folder):
        found, listed = saved_files(folder), []
    else:
        listed = list_files(folder)
        if is_slack_export(listed):
            raise DataError(
                f"{folder} is a Slack export, without summaries: `sumtune convert FOLDER --output chats.jsonl` "
                "writes its conversations; add a `summary` to each line."
            )
        found = assign_splits(str(folder), listed)
    chosen = {path for path, _ in found}
    by_name = len({path.name for path in chosen}) == len(found)
    files = tuple(DataFile(folder / path, path.name if by_name else str(path), split) for path, split in found)
    return files, tuple(str(path) for path in listed if path not in chosen and not is_metadata(path))
