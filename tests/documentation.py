"""Shell commands in Markdown pages, and words of a shell without a shell."""

import re
import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PROGRAMS = ("sumtune", "python", "make", "curl", "cat", "export", "pip", "pytest", "docker", "vllm", "apt")
SHELL = ("", "sh", "bash", "console")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:sumtune [a-z]+|python|make|pip install|apt install|pytest) [^`\n]+)`")
USAGE = re.compile(r"[\[…]")
"""The form of a command, not one to type."""


@dataclass(frozen=True)
class Block:
    """A fenced block, or one command between backticks."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return every fenced block of a page."""
    text, name = page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))
    return [Block(name, text[: found.start()].count("\n") + 1, found[1], found[2]) for found in FENCE.finditer(text)]


def shell_blocks(page: Path) -> list[Block]:
    """Return the fenced blocks that have a line that begins with a program, and the commands between backticks."""
    fenced = [
        one for one in blocks(page) if one.language in SHELL and any(map(begins_with_program, one.text.splitlines()))
    ]
    text = FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))
    name = str(page.relative_to(ROOT))
    inline = [Block(name, text[: found.start()].count("\n") + 1, "", found[1]) for found in INLINE.finditer(text)]
    return [*fenced, *(one for one in inline if not USAGE.search(one.text))]


def begins_with_program(text: str) -> bool:
    """Return whether any line of `text` does."""
    return any(line.split(" ")[0] in PROGRAMS for line in text.splitlines())


def commands(text: str) -> list[list[str]]:
    """Return the words of each command. Comments are dropped; lines that end in a backslash or a quote go on.

    >>> commands("make run  # it's long\\ncurl localhost \\\\\\n  -d '{\\n}'")
    [['make', 'run'], ['curl', 'localhost', '-d', '{\\n}']]
    """
    found, pending = [], ""
    for line in text.splitlines():
        pending += line + "\n"
        if line.endswith("\\"):
            pending = pending[:-2] + " "
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # an open quote
            continue
        if words:
            found.append(words)
        pending = ""
    assert not pending.strip(), f"not a whole command: {pending!r}"
    return found


def expanded(word: str, environment: dict[str, str]) -> str:
    """Return `word` with its variables, and with a random secret for `$(openssl rand -hex N)`."""
    word = re.sub(r"\$\(openssl rand -hex (\d+)\)", lambda found: secrets.token_hex(int(found[1])), word)
    word = re.sub(r"\$(\w+)", lambda found: environment[found[1]], word)
    assert "$(" not in word, word
    return word
