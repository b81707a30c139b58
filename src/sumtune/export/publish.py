"""The folder of an export: it appears whole or not at all, and never replaces anything but an export."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sumtune.errors import ConfigError
from sumtune.files.atomic import sync_folder, sync_tree

__all__ = ["RECORD", "drafted", "failed_path", "publish", "require_free"]

RECORD = "export.json"


def failed_path(output: Path) -> Path:
    """Return the path of an export that failed its proof: `output` with `-failed` at the end of its name."""
    return output.with_name(f"{output.name}-failed")


def require_free(output: Path, *, force: bool) -> None:
    """Check that an export may be written to `output`.

    Raises:
        ConfigError: `output` cannot be a folder, exists although `force` is False, or exists and is no export.
    """
    if not output.name or output.is_symlink() or (output.exists() and not output.is_dir()):
        raise ConfigError(f"--output {str(output)!r} cannot be the folder of an export: give the path of a new folder.")
    if output.exists() and not force:
        raise ConfigError(f"{str(output)!r} exists: choose another --output, or replace an older export with --force.")
    for path in (output, failed_path(output)):
        if path.exists() and not (path / RECORD).is_file():
            raise ConfigError(f"{str(path)!r} exists and is no export (it has no {RECORD}): nothing was changed.")


@contextmanager
def drafted(output: Path) -> Iterator[Path]:
    """Yield an empty folder beside `output`. It is deleted when the context ends, unless `publish` has moved it."""
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.with_name(f".{output.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # left by a killed export
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish(draft: Path, final: Path) -> None:
    """Move the whole folder `draft` to `final`, in place of an older export, which is deleted last."""
    sync_tree(draft)
    old = final.with_name(f".{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)  # left by a killed export
    if final.exists():
        final.replace(old)
    draft.replace(final)
    sync_folder(final.parent)
    shutil.rmtree(old, ignore_errors=True)
