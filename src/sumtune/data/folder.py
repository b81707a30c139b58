"""Find the files of each split in a folder or archive, by their names alone."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

from sumtune.data.file_kind import SUFFIXES, data_stem, is_data_file
from sumtune.data.split import split_name
from sumtune.errors import DataError

__all__ = ["SplitFiles", "assign_splits", "is_metadata", "list_files", "names_a_split"]

SHARD = re.compile(r"(.+?)-\d{5}-of-\d{5}(?:-[0-9a-f]{8,64})?")
"""`train-00000-of-00002-fa9b3e8ade89a333`: how Hugging Face data sets name the parts of a split."""
WORD_ENDS = re.compile(r"[-_. ]+")
METADATA = {"dataset_info", "dataset_infos", "dataset_dict", "state", "sample_submission", "config", "metadata"}
"""Names of files that come with data sets but hold no examples."""
DEEPEST = 3
"""Levels of folders that are searched: `default/train/0000.parquet` has two."""
MOST_FILES = 200_000

SplitFiles = tuple[tuple[PurePath, str | None], ...]


def list_files(folder: Path) -> list[PurePath]:
    """Return the data files in `folder` and the folders below it, relative to it, sorted, without hidden ones.

    Raises:
        DataError: there are too many files to be a data set.
    """
    found: list[PurePath] = []
    waiting = [PurePath()]
    while waiting:
        below = waiting.pop()
        for entry in sorted((folder / below).iterdir()):
            path = below / entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir() and len(path.parts) <= DEEPEST:
                waiting.append(path)
            elif is_data_file(entry.name) and entry.is_file():
                found.append(path)
        if len(found) > MOST_FILES:
            raise DataError(f"{folder} holds more than {MOST_FILES} data files; pass the folder of one data set.")
    return sorted(found)


def is_metadata(path: PurePath) -> bool:
    """Return whether a file of this name comes with a data set but holds no examples."""
    return data_stem(path.name).lower() in METADATA


def names_a_split(path: PurePath) -> bool:
    """Return whether the name of a file, or of one of its folders, is or contains the name of a split."""
    return any(split_of(path) is not None for split_of in (_exact_split, _split_in_name, _split_of_folder))


def assign_splits(place: str, paths: Iterable[PurePath]) -> SplitFiles:
    """Return the files to read, each with its split, which is None for a single file without a split.

    Files in `place` itself (or in its folder `data`) come first: those named `train`, `validation` and `test`, then
    names such as `samsum-train`. Then come folders named after splits, such as `default/train/0000.parquet`.

    Raises:
        DataError: two files claim the same split, or the names do not show the splits.
    """
    paths = [path for path in paths if not is_metadata(path)]
    top = [path for path in paths if len(path.parts) == 1] or [path for path in paths if path.parent.name == "data"]
    for split_of in (_exact_split, _split_in_name):
        by_split = _group(top, split_of)
        if by_split and (split_of is _exact_split or "train" in by_split):
            _require_one_each(place, by_split)
            return _flat(by_split)
    below = _group([path for path in paths if path not in top], _split_of_folder)
    if below and not top:
        _require_one_data_set(place, below)
        return _flat(below)
    if len(paths) != 1:
        raise DataError(_unclear(place, paths))
    return ((paths[0], None),)


def _exact_split(path: PurePath) -> str | None:
    stem = data_stem(path.name)
    shard = SHARD.fullmatch(stem)
    return split_name(shard[1] if shard else stem)


def _split_in_name(path: PurePath) -> str | None:
    """Return the split named by the first or last word of the file name, as in `samsum-train` and `dialogsum.dev`."""
    stem = data_stem(path.name)
    shard = SHARD.fullmatch(stem)
    words = WORD_ENDS.split(shard[1] if shard else stem)
    named = {name for word in (words[0], words[-1]) if (name := split_name(word))}
    return named.pop() if len(named) == 1 else None


def _split_of_folder(path: PurePath) -> str | None:
    return next((name for part in reversed(path.parts[:-1]) if (name := split_name(part))), None)


def _group(paths: Iterable[PurePath], split_of: Callable[[PurePath], str | None]) -> dict[str, list[PurePath]]:
    by_split: dict[str, list[PurePath]] = defaultdict(list)
    for path in paths:
        name = split_of(path)
        if name is not None:
            by_split[name].append(path)
    return by_split


def _require_one_each(place: str, by_split: dict[str, list[PurePath]]) -> None:
    """Check that several files of one split are its shards."""
    for name, same in by_split.items():
        kinds = {"".join(path.suffixes[-1:]) for path in same}
        if len(same) > 1 and not (len(kinds) == 1 and all(SHARD.fullmatch(data_stem(path.name)) for path in same)):
            listed = ", ".join(path.name for path in same)
            raise DataError(f"{place} holds several files for the {name} split ({listed}); keep one.")


def _require_one_data_set(place: str, by_split: dict[str, list[PurePath]]) -> None:
    """Check that all split folders lie in the same folder; others would belong to another data set."""
    homes = {_home(path) for same in by_split.values() for path in same}
    if len(homes) > 1:
        listed = ", ".join(sorted(map(str, homes))[:5])
        raise DataError(f"{place} holds several data sets ({listed}); pass the folder of one of them.")


def _home(path: PurePath) -> PurePath:
    """Return the folder that contains the innermost split folder of `path`."""
    return next(folder.parent for folder in path.parents if split_name(folder.name))


def _unclear(place: str, paths: Sequence[PurePath]) -> str:
    listed = f"files ({', '.join(map(str, paths[:5]))}) and none is named" if paths else "no file named"
    return (
        f"{place} holds {listed} train, validation or test with a suffix of {', '.join(SUFFIXES)}; "
        "name them so, or pass one file."
    )


def _flat(by_split: dict[str, list[PurePath]]) -> SplitFiles:
    return tuple((path, name) for name, same in by_split.items() for path in same)
