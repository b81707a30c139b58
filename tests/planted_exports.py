"""Faults that exporters really had, planted into a correct export in the format `merged`."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sumtune.export.merged import MergedFormat
from sumtune.export.source import ExportSource
from sumtune.model.load import load_base

__all__ = ["FAULTS", "PlantedFormat"]

Damage = Callable[[ExportSource, Path], None]


class PlantedFormat(MergedFormat):
    """The format `merged`, whose files are damaged after they have been written."""

    def __init__(self, damage: Damage) -> None:
        self._damage = damage

    def write(self, source: ExportSource, folder: Path) -> None:
        super().write(source, folder)
        self._damage(source, folder)


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
            one["rope_theta"] = 1_000_000.0

    change(folder / "config.json", change_base)


def change(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    edit(content)
    file.write_text(json.dumps(content), encoding="utf-8")


FAULTS: dict[str, Damage] = {
    "wrong template": wrong_template,
    "missing end mark": missing_end_mark,
    "unmerged adapter": unmerged_adapter,
    "wrong rope base": wrong_rope_base,
}
