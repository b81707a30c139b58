"""Load adapters and base models from folders. No other module of the service imports the model code."""

from functools import partial
from pathlib import Path

from sumtune.memory import free_memory
from sumtune.model.adapter_files import adapter_folder, read_settings
from sumtune.serve.adapters import BASE, LoadedModel
from sumtune.summarizer import Summarizer

__all__ = ["load_adapter", "load_base"]


def load_adapter(name: str, folder: Path, beams: int | None = None) -> LoadedModel:
    """Return the adapter in a run folder or adapter folder, ready to decode.

    `beams` is the default number of beams; None takes the number it was evaluated with.

    Raises:
        ModelError: there is no adapter, or its base model is missing.
    """
    from sumtune.decode.build import load_tuned
    from sumtune.decode.threads import in_torch_thread

    adapter = adapter_folder(folder)
    reasons: list[str] = []
    tuned = in_torch_thread(partial(load_tuned, adapter, beams, reasons.append))
    free_memory()
    decode = read_settings(adapter).decode
    slower_because = _reason_not_native(tuned.summarizer, decode.engine, reasons)
    beams = beams or decode.beams
    return LoadedModel(
        name, tuned.name, tuned.summarizer, tuned.count_tokens, tuned.max_source_tokens, beams, tuned.long,
        slower_because, tuned.styles,
    )  # fmt: skip


def load_base(folder: Path) -> LoadedModel:
    """Return the base model of an adapter, with the adapter's prompt and greedy search by default.

    Raises:
        ModelError: the base model is missing.
    """
    from sumtune.decode.build import build_summarizer
    from sumtune.decode.threads import in_torch_thread
    from sumtune.model.locate import locate
    from sumtune.model.tokenizer import load_encoder
    from sumtune.text.prompt import Prompt

    adapter = adapter_folder(folder)
    settings, prompt = read_settings(adapter), Prompt.load(adapter)
    decode = settings.decode.model_copy(update={"beams": 1})
    source = locate(settings.model.name, settings.model.revision)
    encoder = load_encoder(source.folder, prompt)
    reasons: list[str] = []
    build = partial(build_summarizer, source, None, prompt, decode, settings.model.device, encoder, reasons.append)
    summarizer = in_torch_thread(build)
    free_memory()
    slower_because = _reason_not_native(summarizer, decode.engine, reasons)
    limits = encoder.prompt
    return LoadedModel(
        BASE, source.name, summarizer, encoder.count, limits.max_source_tokens, decode.beams, limits.long,
        slower_because, prompt.styles,
    )  # fmt: skip


def _reason_not_native(summarizer: Summarizer, configured: str, reasons: list[str]) -> str | None:
    """Return why `summarizer` is not the native engine, or None if it is; `configured` is `decode.engine`."""
    if summarizer.engine.startswith("native"):
        return None
    if configured != "auto":
        return f"decode.engine is set to {configured}."
    return " ".join(reasons) or "The native engine supports only decoder-only models on the CPU."
