"""The engines that were made of an adapter, files beside its folder."""

import shutil
from pathlib import Path

__all__ = ["delete_engines"]


def delete_engines(adapter: Path) -> None:
    """Delete every engine that was made of `adapter`; the next use makes what it needs."""
    for file in adapter.parent.glob(f"{adapter.name}.native-*.safetensors"):
        file.unlink(missing_ok=True)
    for folder in adapter.parent.glob("ctranslate2-*"):
        shutil.rmtree(folder, ignore_errors=True)
