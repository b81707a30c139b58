"""Folders written by `save_to_disk` of Hugging Face `datasets`: Arrow files, and JSON that lists them."""

import json
from pathlib import Path, PurePath
from typing import Any

from sumtune.data.folder import SplitFiles
from sumtune.data.split import split_name
from sumtune.errors import DataError

__all__ = ["is_saved_dataset", "saved_files"]

SPLITS_FILE = "dataset_dict.json"
STATE_FILE = "state.json"


def is_saved_dataset(folder: Path) -> bool:
    """Return whether `save_to_disk` wrote `folder`, as one data set or as several splits."""
    return (folder / SPLITS_FILE).is_file() or ((folder / STATE_FILE).is_file() and any(folder.glob("*.arrow")))


def saved_files(folder: Path) -> SplitFiles:
    """Return the Arrow files of `folder`, relative to it, each with its split.

    Raises:
        DataError: a file that belongs to the data set is missing or damaged, or its splits have unknown names.
    """
    if not (folder / SPLITS_FILE).is_file():
        return tuple((path, None) for path in _arrow_files(folder, PurePath()))
    names = _list(folder / SPLITS_FILE, "splits")
    known = {name: split for name in names if (split := split_name(str(name)))}
    if not known and len(names) != 1:
        raise DataError(
            f"{folder} has the splits {', '.join(map(str, names)) or 'none'}, none of them train, validation or test; "
            "pass the folder of the one you want."
        )
    wanted = known or dict.fromkeys(names)
    return tuple((path, split) for name, split in wanted.items() for path in _arrow_files(folder, PurePath(str(name))))


def _arrow_files(folder: Path, below: PurePath) -> list[PurePath]:
    state = folder / below / STATE_FILE
    if _list(state, "_indices_data_files", needed=False):
        raise DataError(
            f"{folder / below} holds a selection of rows of another data set, which is not read: "
            "save it again after `dataset.flatten_indices()`."
        )
    names = [entry.get("filename") for entry in _list(state, "_data_files") if isinstance(entry, dict)]
    paths = [below / name for name in names if isinstance(name, str) and PurePath(name).name == name]
    missing = [str(path) for path in paths if not (folder / path).is_file()]
    if missing or not paths:
        raise DataError(f"{folder / below} lacks {', '.join(missing) or 'its Arrow files'}: copy the whole folder.")
    return paths


def _list(file: Path, key: str, needed: bool = True) -> list[Any]:
    """Return the list under `key` in a JSON file."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise DataError(f"{file} is missing or damaged: save the data set again with `save_to_disk`.") from None
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, list) or not needed:
        return found or []
    raise DataError(f"{file} has no list {key!r}: save the data set again with `save_to_disk`.")
