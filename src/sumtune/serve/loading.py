"""From folders to what is served. The only module of the service that knows models."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from sumtune.errors import ModelError
from sumtune.files.run_dir import RunDir
from sumtune.memory import give_memory_back
from sumtune.model.adapter_files import SETTINGS
from sumtune.serve.adapters import BASE, Served

__all__ = ["adapter_folder", "load_adapter", "load_base"]


def adapter_folder(folder: Path) -> Path:
    """The adapter folder that `folder` is, or has as a run folder.

    Raises:
        ModelError: it is neither.
    """
    for candidate in (folder, RunDir(folder).adapter):
        if (candidate / SETTINGS).is_file():
            return candidate
    raise ModelError(f"{folder} is neither an adapter folder nor a run folder with an adapter in it.")


def load_adapter(name: str, folder: Path, beams: int | None = None) -> Served:
    """The adapter of a run or adapter folder, ready to decode; `beams` None is what it was scored with.

    Raises:
        ModelError: there is no adapter, or its base model is missing.
    """
    from sumtune.decode.build import load_tuned
    from sumtune.decode.threads import in_torch_thread

    adapter = adapter_folder(folder)
    tuned = in_torch_thread(partial(load_tuned, adapter, beams))
    give_memory_back()
    beams = beams or int(_settings(adapter)["decode"]["beams"])
    return Served(name, tuned.name, tuned.summarizer, tuned.count_tokens, tuned.max_source_tokens, beams)


def load_base(folder: Path) -> Served:
    """The base model of an adapter with the adapter's prompt, greedy unless a request says otherwise.

    Raises:
        ModelError: the model is missing.
    """
    from sumtune.config import DecodeConfig
    from sumtune.decode.build import build_summarizer
    from sumtune.decode.threads import in_torch_thread
    from sumtune.model.sources import locate
    from sumtune.model.tokenizer import encoder_of
    from sumtune.text.prompt import Prompt

    adapter = adapter_folder(folder)
    settings = _settings(adapter)
    model, decode = settings["model"], DecodeConfig(**(settings["decode"] | {"beams": 1}))
    source, prompt = locate(model["name"], model["revision"]), Prompt.load(adapter)
    encoder = encoder_of(source.folder, prompt)
    make = partial(build_summarizer, source, None, prompt, decode, model["device"], encoder)
    summarizer = in_torch_thread(make)
    give_memory_back()
    return Served(BASE, source.name, summarizer, encoder.count, prompt.max_source_tokens, decode.beams)


def _settings(adapter: Path) -> dict[str, dict[str, Any]]:
    settings: dict[str, dict[str, Any]] = json.loads((adapter / SETTINGS).read_text(encoding="utf-8"))
    return settings
