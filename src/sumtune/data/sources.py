"""What `--data` names: a file, a folder of split files, the embedded data set, or a Hugging Face data set."""

import difflib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sumtune.data.dialogue import is_unicode
from sumtune.data.hub import read_hub
from sumtune.data.readers import SUFFIXES, read_file, require_known_format
from sumtune.data.split import split_name
from sumtune.data.table import Table
from sumtune.errors import DataError
from sumtune.files.checksums import fingerprint

__all__ = ["Source", "embedded_pairs", "find_source"]

CORPUS = Path(str(files("sumtune.data") / "corpus"))
"""The embedded data set."""
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
SHARD = re.compile(r"(.+)-\d{5}-of-\d{5}")
"""`train-00000-of-00002`: how a Hugging Face data set names the parts of a split."""


@dataclass(frozen=True)
class Source:
    """The files to read, each with its split (None where it does not say), or else the data set id to fetch."""

    name: str
    files: tuple[tuple[Path, str | None], ...] = ()
    hub_id: str | None = None

    def read(self) -> list[Table]:
        """All tables of the source; fetches a data set id.

        Raises:
            DataError: a file cannot be read as a whole, or the data set cannot be fetched.
        """
        if self.hub_id is not None:
            return read_hub(self.hub_id)
        return [table for path, split in self.files for table in read_file(path, split)]

    def fingerprint(self, settings: object) -> str:
        """SHA-256 (hex) of the files and `settings`. A data set id is not fetched again to see whether it changed."""
        try:
            return fingerprint([path for path, _ in self.files], settings)
        except OSError as error:
            raise DataError(f"Cannot read {error.filename}: {error.strerror}.") from None


def find_source(path: str) -> Source:
    """What `path` names, found without reading any data.

    Raises:
        DataError: nothing of that name exists, or a folder does not say which file is what.
    """
    if path == "embedded":
        return _embedded()
    place = Path(path).expanduser() if path.startswith("~/") else Path(path)
    try:
        if not path.strip() or not place.exists():
            return _not_a_path(path, place)
        found = _in_folder(place) if place.is_dir() else ((_data_file(place), None),)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(f"Cannot read --data {path!r}: {reason}.") from None
    for file, _ in found:
        if not is_unicode(file.name):
            raise DataError(f"The file name {file.name!r} is not valid UTF-8; rename the file.")
    return Source(path, found)


def embedded_pairs(split: str) -> list[tuple[str, str]]:
    """Dialogue and summary of each embedded example of `split`."""
    rows = map(json.loads, (CORPUS / f"{split}.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["dialogue"], row["summary"]) for row in rows]


def _embedded() -> Source:
    found = tuple((CORPUS / f"{name}.jsonl", name) for name in ("train", "validation", "test"))
    missing = [file.name for file, _ in found if not file.is_file()]
    if missing:
        raise DataError(f"The embedded data set lacks {', '.join(missing)} in {CORPUS}; install sumtune again.")
    return Source("embedded", found)


def _not_a_path(path: str, place: Path) -> Source:
    """The Hugging Face source that `path` names; a path that was mistyped is an error instead."""
    folder = place.parent
    names = [entry.name for entry in folder.iterdir()] if path.strip() and folder.is_dir() else []
    near = difflib.get_close_matches(place.name, names, n=1)
    if HUB_ID.fullmatch(path) and place.suffix.lower() not in SUFFIXES and not near:
        return Source(path, hub_id=path)
    hint = f" Did you mean {str(folder / near[0])!r}?" if near else ""
    raise DataError(
        f"--data {path!r} does not exist.{hint} Expected `embedded`, a file ({', '.join(SUFFIXES)}), "
        "a folder with train, validation and test files, or a Hugging Face data set id such as owner/name."
    )


def _data_file(place: Path) -> Path:
    if not place.is_file():
        raise DataError(f"{place} is neither a file nor a folder; write its content to a file and pass that.")
    require_known_format(place)
    return place


def _in_folder(folder: Path) -> tuple[tuple[Path, str | None], ...]:
    """The split files of `folder` (or of its folder `data`), else its only data file."""
    found = _data_files(folder) or _data_files(folder / "data")
    by_split: dict[str, list[Path]] = defaultdict(list)
    for file in found:
        shard = SHARD.fullmatch(file.stem)
        name = split_name(shard[1] if shard else file.stem)
        if name is not None:
            by_split[name].append(file)
    for name, same in by_split.items():
        if len(same) > 1 and not (len({file.suffix for file in same}) == 1 and all(SHARD.search(f.stem) for f in same)):
            listed = ", ".join(file.name for file in same)
            raise DataError(f"{folder} holds several files for the {name} split ({listed}); keep one.")
    if by_split:
        return tuple((file, name) for name, same in by_split.items() for file in same)
    if len(found) != 1:
        listed = f"files ({', '.join(file.name for file in found[:5])}) of which none is named" if found else "no file"
        raise DataError(
            f"{folder} holds {listed} train, validation or test with a suffix of {', '.join(SUFFIXES)}; "
            "name them so, or pass one file with --data."
        )
    return ((found[0], None),)


def _data_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = sorted(folder.iterdir())
    return [e for e in entries if e.suffix.lower() in SUFFIXES and not e.name.startswith(".") and e.is_file()]
