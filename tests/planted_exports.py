"""Faults that exporters really had, planted into correct exports in the formats `merged` and `gguf`."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sumtune.export.format import Artefact, ExportFormat
from sumtune.export.gguf.write import write_model
from sumtune.export.source import ExportSource
from sumtune.model.load import load_base

__all__ = ["FAULTS", "Planted"]

Damage = Callable[[ExportSource, Path], None]
GGUF = "model.gguf"
LONG_CONTEXT_BASE = 1_000_000.0


class Planted:
    """A format whose files are damaged after all of them have been written."""

    def __init__(self, kind: ExportFormat, damage: Damage) -> None:
        self._kind, self._damage = kind, damage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)

    def write(self, source: ExportSource, folder: Path) -> None:
        self._source = source
        self._kind.write(source, folder)

    def open(self, folder: Path) -> Artefact:
        self._damage(self._source, folder)
        return self._kind.open(folder)


def wrong_template(_: ExportSource, folder: Path) -> None:
    """The template of another model."""
    (folder / "chat_template.jinja").write_text("{{ bos_token }}user: {{ messages[-1]['content'] }}\nassistant:")


def missing_end_mark(_: ExportSource, folder: Path) -> None:
    """Nothing ends a summary before the limit."""
    change(folder / "generation_config.json", lambda content: content.pop("eos_token_id"))


def unmerged_adapter(source: ExportSource, folder: Path) -> None:
    """The weights of the base model."""
    with TemporaryDirectory() as base:
        load_base(source.base.folder, source.dtype).save_pretrained(base)
        Path(base, "model.safetensors").replace(folder / "model.safetensors")


def wrong_rope_base(_: ExportSource, folder: Path) -> None:
    """The rotary base of long contexts in every layer."""

    def change_base(content: dict[str, Any]) -> None:
        parameters = content["rope_parameters"]
        for one in [parameters] if "rope_theta" in parameters else parameters.values():
            one["rope_theta"] = LONG_CONTEXT_BASE

    change(folder / "config.json", change_base)


def change(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    edit(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def wrong_template_in_gguf(_: ExportSource, folder: Path) -> None:
    """The dialogue without a prompt; a comment fills the rest of the place."""
    text = gguf_fields(folder)["tokenizer.chat_template"].parts[-1]
    template = b"{{ messages[-1]['content'] }}{#"
    text[:] = list(template.ljust(len(text) - 2) + b"#}")


def missing_end_mark_in_gguf(source: ExportSource, folder: Path) -> None:
    """The end token is an ordinary one, by number and by text, and nobody says that a line break ends a summary."""
    fields, end = gguf_fields(folder), source.encoder.end_ids[0]
    for name in ("eos", "eot"):
        if (field := fields.get(f"tokenizer.ggml.{name}_token_id")) is not None:
            field.parts[-1][0] = fields["tokenizer.ggml.padding_token_id"].parts[-1][0]
    tokens = fields["tokenizer.ggml.tokens"]
    tokens.parts[tokens.data[end]][-2] = ord("z")  # llama.cpp also knows end tokens by texts such as <eos>
    replace(source.prompt, single_line=False).save(folder)


def unmerged_adapter_in_gguf(source: ExportSource, folder: Path) -> None:
    """The weights of the base model."""
    (folder / GGUF).unlink()
    write_model(source, None, folder / GGUF, "f16")


def wrong_rope_base_in_gguf(_: ExportSource, folder: Path) -> None:
    """The rotary base of long contexts in every layer."""
    for name, field in gguf_fields(folder).items():
        if ".rope.freq_base" in name:
            field.parts[-1][0] = LONG_CONTEXT_BASE


def gguf_fields(folder: Path) -> dict[str, Any]:
    """Return the metadata of the GGUF file as arrays that write into it."""
    from gguf import GGUFReader

    return dict(GGUFReader(folder / GGUF, "r+").fields)


FAULTS: dict[str, dict[str, Damage]] = {
    "merged": {
        "wrong template": wrong_template,
        "missing end mark": missing_end_mark,
        "unmerged adapter": unmerged_adapter,
        "wrong rope base": wrong_rope_base,
    },
    "gguf": {
        "wrong template": wrong_template_in_gguf,
        "missing end mark": missing_end_mark_in_gguf,
        "unmerged adapter": unmerged_adapter_in_gguf,
        "wrong rope base": wrong_rope_base_in_gguf,
    },
}
