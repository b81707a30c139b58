"""Every command that a message or a page names is one that the command line takes."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import typer

from sumtune import cli
from sumtune.config_resolution import known_keys, parse_assignment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GROUP = typer.main.get_command(cli.app)
COMMAND = re.compile(rf"\bsumtune ((?:{'|'.join(GROUP.commands)})\b[^`\n]*)")
USAGE = re.compile(r"[\[…]")
"""A line that shows the form of a command, not one to type."""


def texts_in(tree):
    """All strings of a module; what is computed stands as `X`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)


def named_in_code():
    """Commands between backticks, by file."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        for text in texts_in(ast.parse(source)) if COMMAND.search(source) else ():
            for quoted in re.findall(r"`([^`\n]+)`", text):
                yield from ((file.name, found) for found in COMMAND.findall(quoted))


def named_in_pages():
    """Commands of code blocks and between backticks, by page."""
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            shown = line.partition("  # ")[0].partition(" | ")[0] if not line.startswith("|") else line
            yield from ((page.name, found) for found in COMMAND.findall(shown) if is_typed(line, found))


def is_typed(line, found):
    return not USAGE.search(found) and (f"`sumtune {found}`" in line or line.lstrip().startswith("sumtune"))


def test_there_are_commands_to_check():
    named = {*named_in_code(), *named_in_pages()}
    assert len(named) > 20
    assert {file for file, _ in named} >= {"README.md", "running.md", "run_record.py"}


@pytest.mark.parametrize("named", [named_in_code, named_in_pages])
def test_every_command_that_is_named_can_be_typed(named):
    for _, command in sorted(set(named())):
        can_be_typed(command)


def can_be_typed(command):
    name, *arguments = shlex.split(command)
    try:
        context = GROUP.commands[name].make_context(name, arguments)
    except Exception as error:
        error.add_note(f"in `sumtune {command}`")
        if type(error).__name__ == "MissingParameter":
            return  # the command is named, not shown
        raise
    for text in context.params.get("set_") or ():
        assert parse_assignment(text)[0] in known_keys()
