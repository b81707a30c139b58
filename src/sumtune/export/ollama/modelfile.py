"""The Modelfile of Ollama: what it says, and how Ollama reads it.

Reference: https://docs.ollama.com/modelfile
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from sumtune.errors import ModelError
from sumtune.export.ollama.go_template import prompt_template
from sumtune.text.prompt import Prompt

__all__ = ["Modelfile", "modelfile_of", "parse", "text_of"]

COMMAND = re.compile(r'^(?P<name>FROM|TEMPLATE|LICENSE|PARAMETER (?P<key>\w+)) (?:"""(?P<long>.*?)"""|(?P<short>\S+))$',
                     re.DOTALL | re.MULTILINE)  # fmt: skip


@dataclass(frozen=True)
class Modelfile:
    """Content of a Modelfile."""

    model: str
    """Path of the GGUF file, relative to the Modelfile."""
    template: str
    parameters: dict[str, float] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    licence: str = ""


def modelfile_of(prompt: Prompt, model: str, context_tokens: int, licence: str | None) -> Modelfile:
    """Return the Modelfile of a tuned model: greedy search, its limits, and the texts that end a summary."""
    parameters: dict[str, float] = {
        "temperature": 0,
        "repeat_penalty": 1,
        "num_ctx": context_tokens,
        "num_predict": prompt.max_target_tokens,
    }
    stop = (*([prompt.end] if prompt.end else []), *(["\n"] if prompt.single_line else []))
    return Modelfile(f"./{model}", prompt_template(prompt), parameters, stop, licence or "")


def text_of(modelfile: Modelfile) -> str:
    """Return the text of a Modelfile. Between three quotes, Ollama reads everything as it is."""
    lines = [f"FROM {modelfile.model}", f'TEMPLATE """{modelfile.template}"""']
    lines += [f"PARAMETER {key} {value}" for key, value in modelfile.parameters.items()]
    lines += [f'PARAMETER stop """{text}"""' for text in modelfile.stop]
    lines += [f'LICENSE """{modelfile.licence}"""'] if modelfile.licence else []
    return "\n".join(lines) + "\n"


def parse(file: Path) -> Modelfile:
    """Return the content of the Modelfile `file`.

    Raises:
        ModelError: it names no model or has no template.
    """
    values: dict[str, str] = {}
    parameters: dict[str, float] = {}
    stop: list[str] = []
    for found in COMMAND.finditer(file.read_text(encoding="utf-8")):
        value = found["short"] if found["long"] is None else found["long"]
        if found["key"] is None:
            values[found["name"]] = value
        elif found["key"] == "stop":
            stop.append(value)
        else:
            parameters[found["key"]] = float(value)
    if not {"FROM", "TEMPLATE"} <= set(values):
        raise ModelError(f"{file.name} has no FROM or no TEMPLATE.")
    return Modelfile(values["FROM"], values["TEMPLATE"], parameters, tuple(stop), values.get("LICENSE", ""))
