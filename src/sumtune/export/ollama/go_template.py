"""The prompt as a template in Go's syntax, and the rendering of such templates as Ollama does it."""

import json
import re
from collections.abc import Iterator

from sumtune.data.styles import FIELD
from sumtune.errors import ModelError
from sumtune.text.prompt import Prompt

__all__ = ["prompt_template", "render"]

DIALOGUE, STYLE, IF_STYLE, ELSE, END = (
    "{{ .Prompt }}", "{{ .System }}", "{{ if .System }}", "{{ else }}", "{{ end }}",
)  # fmt: skip
ACTION = re.compile(r'({{ (?:"(?:[^"\\]|\\.)*"|[^"]*?) }})')
"""A string, or an action without one."""


def prompt_template(prompt: Prompt) -> str:
    """Return the template of `prompt`. The dialogue is the message of the user, a style the system message.

    >>> prompt_template(Prompt("Conversation:\\n", "\\n\\nSummary:", "", 64, 64))
    'Conversation:\\n{{ .Prompt }}\\n\\nSummary:'
    """
    plain = f"{_text(prompt.before)}{DIALOGUE}{_text(prompt.after)}"
    if prompt.styled is None:
        return plain
    return f"{IF_STYLE}{_styled(prompt.styled.before)}{DIALOGUE}{_styled(prompt.styled.after)}{ELSE}{plain}{END}"


def _styled(text: str) -> str:
    return STYLE.join(map(_text, text.split(FIELD)))


def _text(text: str) -> str:
    """Return `text` as a template: as it is, or as a string in Go if Ollama would read it as something else.

    Ollama drops characters that are not printable from a Modelfile, and quotes and braces have a meaning there.

    >>> _text("Summary:\\n"), _text('Say "hi"')
    ('Summary:\\n', '{{ "Say \\\\"hi\\\\"" }}')
    """
    if all(character.isprintable() or character == "\n" for character in text) and not set(text) & set('"{}'):
        return text
    return f"{{{{ {_go_string(text)} }}}}"


def _go_string(text: str) -> str:
    """Return `text` as a string literal of Go, with `\\U0001f600` for what is not printable."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)


def render(template: str, prompt: str, system: str = "") -> str:
    """Return what Ollama makes of a template for one message of a user.

    Raises:
        ModelError: the template has an action that `prompt_template` never writes.
    """
    return "".join(_rendered(template, prompt, system))


def _rendered(template: str, prompt: str, system: str) -> Iterator[str]:
    shown, variables = True, {DIALOGUE: prompt, STYLE: system}
    for part in ACTION.split(template):
        if part in (IF_STYLE, ELSE, END):
            shown = {IF_STYLE: bool(system), ELSE: not system, END: True}[part]
        elif shown:
            yield variables[part] if part in variables else _constant(part)


def _constant(part: str) -> str:
    """Return the text of a part that is no variable."""
    if not part.startswith("{{ "):
        return part
    literal = part.removeprefix("{{ ").removesuffix(" }}")
    if not literal.startswith('"'):
        raise ModelError(f"The template has the action {part!r}, which this export does not use.")
    short = re.sub(r"\\U([0-9a-f]{8})", lambda found: json.dumps(chr(int(found[1], 16)))[1:-1], literal)
    return str(json.loads(short))
