"""Summaries of the tuned model for the proof, kept in the run folder for the next export of the run."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.export.proof import Sample, Written
from sumtune.export.source import ExportSource
from sumtune.files.checksums import fingerprint
from sumtune.files.records import find_record, write_record
from sumtune.memory import free_memory
from sumtune.model.adapter_files import CONFIG, WEIGHTS
from sumtune.summarizer import OnProgress
from sumtune.versions import version

__all__ = ["Engine", "ShowProgress", "tuned_summaries"]

Engine = Literal["float32", "scored"]
"""`float32` is exact; `scored` is the engine of the run's scores, `sumtune summarize` and `sumtune serve`."""
ShowProgress = Callable[[int], AbstractContextManager[OnProgress]]
"""Shows the progress of so many summaries while its context lasts."""


def tuned_summaries(source: ExportSource, sample: Sample, engine: Engine, folder: Path, show: ShowProgress) -> Written:
    """Return what the tuned model writes with `engine`. Only summaries that `folder` does not hold are generated.

    `folder` holds a file for each engine and search. It is rebuilt if adapter, base model, prompt, settings or the
    version of sumtune have changed.
    """
    search = source.search
    file = folder / f"{engine}-beams-{search.beams}-ngrams-{search.no_repeat_ngram_size}.json"
    made_from = _made_from(source)
    found = find_record(file) or {}
    record: dict[str, Any] = found if found.get("made_from") == made_from else {"made_from": made_from, "summaries": {}}
    keys, known = [_key(one) for one in sample.examples], record["summaries"]
    missing = tuple(one for one, key in zip(sample.examples, keys, strict=True) if key not in known)
    if missing:
        with show(len(missing)) as progress:
            record |= _written(source, replace(sample, examples=missing), engine, progress, known)
        with suppress(OSError):  # each export of a read-only folder generates them
            write_record(file, record)
    texts, seconds = zip(*(record["summaries"][key] for key in keys), strict=True)
    prompts = source.encoder.sources(sample.dialogues, sample.styles)
    return Written(prompts, texts, sum(seconds), record["decoding"])


def _written(
    source: ExportSource, sample: Sample, engine: Engine, progress: OnProgress, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the entries `decoding` and `summaries` of the file: the text by example, and the seconds it took."""
    summarizer = source.exact_summarizer() if engine == "float32" else source.summarizer()
    begun = time.monotonic()
    completions = summarizer.summarize(sample.dialogues, progress, styles=sample.styles)
    seconds, decoding = (time.monotonic() - begun) / len(completions), dict(summarizer.decoding)
    del summarizer
    free_memory()
    texts = {_key(one): [text.text, seconds] for one, text in zip(sample.examples, completions, strict=True)}
    return {"decoding": decoding, "summaries": {**known, **texts}}


def _made_from(source: ExportSource) -> str:
    """Return a value that changes with everything that the summaries depend on."""
    decode = source.decode.model_dump() | source.search.described()
    settings = (decode, source.device, source.prompt, version("sumtune"))
    files = [source.adapter / name for name in (WEIGHTS, CONFIG)]
    return fingerprint(files, (settings, source.base.identity))


def _key(example: ReferencedDialogue) -> str:
    return sha256(f"{example.style}\n{example.dialogue}".encode()).hexdigest()
