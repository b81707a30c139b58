"""JSON files with a format version and a checksum. An unusable file gives one message."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from sumtune.errors import RunDirError, SumtuneError
from sumtune.files.atomic import write_json

__all__ = ["FORMAT", "find_record", "read_record", "validated", "write_record"]

FORMAT = 1
"""Version of the files that this release writes; raised when an older release could misread them."""
KEY = "format"
CHECKSUM = "checksum"
"""Key of the checksum. It covers the content, not the layout, and detects even a flipped bit in a number."""
MAX_BYTES = 1 << 26
"""Limit on the size of a record. Records are far smaller than 64 MB; a larger file is not a record."""


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write `record` to `path` with the format version and a checksum."""
    write_json(path, {KEY: FORMAT, CHECKSUM: _checksum(record), **record})


def read_record(path: Path, error: type[SumtuneError] = RunDirError, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the record in `path`, without its format version and checksum.

    Raises:
        SumtuneError: of the class `error`; the file is missing, damaged, or written by a newer version.
    """
    try:
        if path.stat().st_size > max_bytes:
            raise error(f"{path} is damaged: it is larger than {max_bytes >> 20} MB.")
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise error(f"Cannot read {path}: {reason.strerror or reason}.") from None
    except (ValueError, RecursionError):
        raise error(f"{path} is damaged: it is not valid JSON.") from None
    if not isinstance(record, dict):
        raise error(f"{path} is damaged: expected a JSON object.")
    version = record.pop(KEY, FORMAT)  # records of the first releases have none
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise error(f"{path} is damaged: its format version is {version!r}.")
    if version > FORMAT:
        raise error(
            f"{path} was written by a newer version of sumtune (format {version}; this version reads up to {FORMAT}): "
            "update sumtune, or use another folder."
        )
    checksum = record.pop(CHECKSUM, None)  # they have no checksum either
    if checksum not in (None, _checksum(record)):
        raise error(
            f"{path} is damaged: its content does not match its checksum. If you changed it on purpose, delete its "
            f"entry {CHECKSUM!r}."
        )
    return record


def _checksum(record: Mapping[str, Any]) -> str:
    return sha256(json.dumps(dict(record)).encode()).hexdigest()


def find_record(path: Path) -> dict[str, Any] | None:
    """Return the record in `path`; None if it is missing or damaged.

    Raises:
        RunDirError: the record was written by a newer version: what it describes must not be overwritten.
    """
    try:
        return read_record(path)
    except RunDirError as error:
        if "newer version" in str(error):
            raise
        return None


T = TypeVar("T")
SHOWN_CHARACTERS = 60


def validated(kind: type[T], record: Mapping[str, Any], path: Path, error: type[SumtuneError] = RunDirError) -> T:
    """Return `record`, read from `path`, as `kind`: a pydantic model or a dataclass with pydantic's annotations.

    Raises:
        SumtuneError: of the class `error`; names the first field that is missing, unknown, of another type or out of
            range.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(record)
    except ValidationError as problems:
        first = problems.errors(include_url=False)[0]
        key = ".".join(str(part)[:SHOWN_CHARACTERS] for part in first["loc"])
        shown = "" if first["type"] == "missing" else f" = {repr(first['input'])[:SHOWN_CHARACTERS]}"
        raise error(f"{path} cannot be used: {key}{shown}: {first['msg']}.") from None
