"""Cache entry of an engine: beside its adapter, or in the cache folder for a base model without an adapter."""

from contextlib import suppress
from pathlib import Path

from sumtune.errors import ModelError
from sumtune.files.cache import Entry, delete_entry
from sumtune.files.checksums import fingerprint
from sumtune.model.adapter_files import CONFIG, WEIGHTS
from sumtune.model.locate import LocalModel

__all__ = ["delete_engines", "delete_older_engines", "engine_entry"]

KINDS = ("native", "ctranslate2")


def engine_entry(kind: str, source: LocalModel, adapter: Path | None, settings: object) -> Entry:
    """Return the cache entry of the engine of this `kind`, keyed by everything it is made from.

    Raises:
        ModelError: a file of the adapter or of the base model cannot be read.
    """
    files = [adapter / name for name in (WEIGHTS, CONFIG)] if adapter else []
    try:
        key = fingerprint(files, (settings, source.identity))[:16]
    except OSError as error:
        raise ModelError(f"Cannot read {error.filename}: {error.strerror}.") from None
    name = f"{adapter.name if adapter else 'base'}.{kind}-{key}"
    return Entry.named(kind, name, beside=adapter.parent if adapter else None)


def delete_engines(adapter: Path) -> None:
    """Delete every engine built from `adapter`; the next command that generates summaries builds its engine again.

    Raises:
        OSError: an engine cannot be deleted.
    """
    for kind in KINDS:
        for place in adapter.parent.glob(f"{adapter.name}.{kind}-*"):
            delete_entry(place)


def delete_older_engines(entry: Entry) -> None:
    """Delete the engines of the same kind that were made from earlier states of the adapter.

    Engines in the cache folder stay: they belong to other base models.
    """
    beside, *inside = entry.places
    if not inside:
        return
    prefix = beside.name.rpartition("-")[0]
    for older in (*beside.parent.glob(f"{prefix}-*"), *beside.parent.glob(f".{prefix}-*.lock")):
        if beside.name not in older.name:
            with suppress(OSError):
                delete_entry(older)
