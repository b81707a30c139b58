"""Cache of 8-bit engines on disk: made once from a model, later read in a fraction of a second."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, equal

from sumtune.decode.engine_entry import delete_older_engines
from sumtune.decode.native.engine_weights import EngineWeights
from sumtune.decode.native.weights import ModelShape, ModelWeights
from sumtune.errors import ConfigError
from sumtune.files.cache import Entry

__all__ = ["FORMAT", "load_cached", "make_cached"]

FORMAT = 2
"""Version of the file. Raise it when the content changes, so that older files are not used."""
FILE = "engine.safetensors"
SHARED = ("embedding", "output_weight")
"""Large tensors that adapters rarely change. If the base model has the same tensor, the file holds only its name."""


class _Header(BaseModel):
    """The metadata of the file, as JSON."""

    shape: ModelShape
    setup_s: float
    shared: dict[str, str]
    """For each tensor that is not in the file, its name in the base model."""


def load_cached(entry: Entry, base_folder: Path) -> EngineWeights | None:
    """Return the engine in `entry`; None if there is none or it cannot be read."""
    if (place := entry.find()) is None:
        return None
    try:
        with safe_open(place / FILE, "pt") as opened:
            header = _Header.model_validate_json(opened.metadata()["about"])
            # Copied, not mapped: the tensors must not change when the file does.
            tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
        shared = {name: tensors.pop(name) for name in SHARED if name in tensors}
        with ExitStack() as stack:
            base = dict(_tensors_of(base_folder, stack))
            shared |= {name: base[other].get_tensor(other) for name, other in header.shared.items()}
    except (OSError, SafetensorError, ValidationError, KeyError, TypeError):
        return None
    size = (header.shape.vocabulary, header.shape.features)
    if any(name not in shared or shared[name].shape != size for name in SHARED):
        return None
    weights = ModelWeights(header.shape, tensors)
    return EngineWeights(weights, shared["embedding"], shared["output_weight"], header.setup_s)


def make_cached(entry: Entry, base_folder: Path, make: Callable[[], EngineWeights], *, replaces: bool) -> EngineWeights:
    """Return the engine that `make` or another process makes, and write it to `entry`.

    With `replaces` the existing entry is overwritten. If it cannot be written, each start makes the engine again.
    """
    made: list[EngineWeights] = []

    def fill(folder: Path) -> None:
        made.append(make())
        _save(folder / FILE, made[0], base_folder)

    with suppress(OSError, ConfigError):
        (entry.put if replaces else entry.get)(fill)
        delete_older_engines(entry)
    return made[0] if made else load_cached(entry, base_folder) or make()


def _save(file: Path, engine: EngineWeights, base_folder: Path) -> None:
    names = {name: _name_in(base_folder, getattr(engine, name)) for name in SHARED}
    own = {name: getattr(engine, name).contiguous().clone() for name in SHARED if names[name] is None}
    shared = {name: base_name for name, base_name in names.items() if base_name}
    header = _Header(shape=engine.weights.shape, setup_s=engine.setup_s, shared=shared)
    save_file(engine.weights.tensors | own, file, metadata={"about": json.dumps(header.model_dump(mode="json"))})


def _name_in(base_folder: Path, tensor: Tensor) -> str | None:
    """Return the name of `tensor` in the model in `base_folder`; None if the model does not have it."""
    with ExitStack() as stack:
        for name, file in _tensors_of(base_folder, stack):
            same_shape = tuple(file.get_slice(name).get_shape()) == tuple(tensor.shape)
            if same_shape and equal(file.get_tensor(name).to(tensor.dtype), tensor):
                return name
    return None


def _tensors_of(folder: Path, stack: ExitStack) -> Iterator[tuple[str, Any]]:
    """Yield the name of each tensor of a model, with the open file that holds it."""
    for path in sorted(folder.glob("*.safetensors")):
        file: Any = stack.enter_context(safe_open(path, "pt"))
        yield from ((name, file) for name in file.keys())  # noqa: SIM118
