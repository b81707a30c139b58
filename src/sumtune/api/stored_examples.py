"""Examples from memory as files in the run folder, which a resumed run reads again."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from sumtune.api.examples import ONLY, Examples, jsonl_files
from sumtune.errors import RunDirError
from sumtune.files.atomic import new_folder
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir

__all__ = ["stored_examples"]

FOLDER = "input"


@contextmanager
def stored_examples(examples: Examples, run_dir: RunDir) -> Iterator[str]:
    """Yield a value for `data.path`. Examples from memory are written to the run folder, in a folder of their own.

    Its name is a checksum. So different examples are a different setting, and replace a run only if that is asked for.
    Afterwards, the run folder holds only the examples of its run: a refused run leaves none.

    Raises:
        DataError: an example is neither a pair nor a mapping, or there is none.
        RunDirError: the run folder cannot be written.
    """
    if isinstance(examples, str | os.PathLike):
        yield os.fspath(examples)
        return
    files, inputs = jsonl_files(examples), run_dir.root / FOLDER
    missing = [path for path in (inputs, *inputs.parents) if not path.exists()]
    folder = inputs / sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    is_new = not folder.is_dir()
    try:
        _write(files, folder)
        yield str(folder / f"{ONLY}.jsonl") if ONLY in files else str(folder)
    except BaseException:
        if is_new and not _is_recorded(folder, run_dir):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    else:
        for other in inputs.iterdir():
            if not _is_recorded(other, run_dir):
                shutil.rmtree(other, ignore_errors=True)
    finally:
        for path in missing:
            with suppress(OSError):  # the folder is not empty
                path.rmdir()


def _write(files: Mapping[str, str], folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        with new_folder(folder) as made:
            for name, lines in files.items():
                (made / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    except OSError as error:
        raise RunDirError(f"Cannot write the examples to {folder}: {error.strerror}.") from None


def _is_recorded(folder: Path, run_dir: RunDir) -> bool:
    """Return whether `run.json` names examples in `folder`."""
    recorded = (find_record(run_dir.run_json) or {}).get("config", {}).get("data", {}).get("path")
    return recorded in (str(folder), str(folder / f"{ONLY}.jsonl"))
