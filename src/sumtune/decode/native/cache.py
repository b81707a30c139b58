"""Finished 8-bit engines on disk: made once from a model, then read in a fraction of a second."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, equal

from sumtune.decode.native.weights import Parts, Shape
from sumtune.files.atomic import sync_folder
from sumtune.files.checksums import fingerprint
from sumtune.kernels.build import Kernels
from sumtune.model.adapter_files import CONFIG, WEIGHTS
from sumtune.model.sources import ModelSource, cache_dir

__all__ = ["Made", "kept_file", "load_kept", "save_kept"]

FORMAT = 2
"""Raised when what stands in the file changes, so that older ones are not used."""
SHARED = ("embedding", "output_weight")
"""Large tensors that an adapter seldom changes: only their names in the base model are kept, where that has them."""


@dataclass(frozen=True)
class Made:
    """What generation computes with."""

    parts: Parts
    """Layers, and the part of the output layer that all dialogues use."""
    embedding: Tensor
    """(vocabulary, features)."""
    output_weight: Tensor
    """(vocabulary, features), often the same as the embedding."""
    setup_s: float = 0.0
    """Seconds that making it took."""


class _About(BaseModel):
    """What stands in the head of the file."""

    shape: Shape
    setup_s: float
    shared: dict[str, str]
    """Names in the base model of the tensors that are not in the file."""


def kept_file(
    source: ModelSource, adapter: Path | None, kernels: Kernels, quantization: str, shortlist: object
) -> Path:
    """Where the engine is or will be: beside the adapter, or for a base model in the cache; named by its origin.

    `shortlist` is what decides which tokens are on it.
    """
    base = sorted(
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for pattern in ("*.safetensors", "*.json")
        for file in source.folder.glob(pattern)
    )
    files = [adapter / name for name in (WEIGHTS, CONFIG)] if adapter else []
    settings = (FORMAT, str(source.folder.resolve()), base, quantization, shortlist, kernels.has_int8_product)
    made_from = fingerprint(files, settings)[:16]
    folder = cache_dir() / "native" if adapter is None else adapter.parent
    return folder / f"{adapter.name if adapter else 'base'}.native-{made_from}.safetensors"


def _made_before(file: Path) -> set[Path]:
    """The engines of what the adapter was before; other base models, in the cache, are still wanted."""
    if file.parent == cache_dir() / "native":
        return set()
    return set(file.parent.glob(f"{file.name.rpartition('-')[0]}-*.safetensors")) - {file}


def load_kept(file: Path, base_folder: Path) -> Made | None:
    """The engine in `file`; None where there is none, or none that can be used."""
    try:
        with safe_open(file, "pt") as opened:
            about = _About.model_validate_json(opened.metadata()["about"])
            # Not mapped: what is read here must not change when the file does.
            tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
        shared = {name: tensors.pop(name) for name in SHARED if name in tensors}
        with ExitStack() as stack:
            base = dict(_tensors_of(base_folder, stack))
            shared |= {name: base[there].get_tensor(there) for name, there in about.shared.items()}
    except (OSError, SafetensorError, ValidationError, KeyError, TypeError):
        return None
    size = (about.shape.vocabulary, about.shape.features)
    if any(name not in shared or shared[name].shape != size for name in SHARED):
        return None
    return Made(Parts(about.shape, tensors), shared["embedding"], shared["output_weight"], about.setup_s)


def save_kept(file: Path, made: Made, base_folder: Path) -> None:
    """Writes `file`, whole or not at all, in place of those of what the adapter was before.

    Where that is impossible nothing happens: the engine is made again each time.
    """
    names = {name: _name_in(base_folder, getattr(made, name)) for name in SHARED}
    own = {name: getattr(made, name).contiguous().clone() for name in SHARED if names[name] is None}
    about = _About(
        shape=made.parts.shape, setup_s=made.setup_s, shared={name: there for name, there in names.items() if there}
    )
    with suppress(OSError, SafetensorError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".keeping-") as work:
            whole = Path(work) / file.name
            save_file(made.parts.tensors | own, whole, metadata={"about": json.dumps(about.model_dump(mode="json"))})
            with whole.open("rb") as written:
                os.fsync(written.fileno())
            whole.replace(file)
        sync_folder(file.parent)
        for older in _made_before(file):
            older.unlink(missing_ok=True)


def _name_in(base_folder: Path, tensor: Tensor) -> str | None:
    """The name of `tensor` in the model in `base_folder`, None where it is not there."""
    with ExitStack() as stack:
        for name, file in _tensors_of(base_folder, stack):
            if tuple(file.get_slice(name).get_shape()) == tuple(tensor.shape):
                there = file.get_tensor(name)
                if equal(there.to(tensor.dtype), tensor):
                    return name
    return None


def _tensors_of(folder: Path, stack: ExitStack) -> Iterator[tuple[str, Any]]:
    """The names of all tensors of a model, each with the open file that it is in."""
    for path in sorted(folder.glob("*.safetensors")):
        file: Any = stack.enter_context(safe_open(path, "pt"))
        yield from ((name, file) for name in file.keys())  # noqa: SIM118
