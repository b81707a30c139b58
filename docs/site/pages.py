"""Pages of the site that are made from other files: README, notebook, help texts, settings, Python names."""

import json
import re
import subprocess
import sys
from pathlib import Path

from settings_page import settings_page

import sumtune

ROOT = Path(__file__).parents[2]
COPIED = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md",
          "SECURITY.md": "security.md"}  # fmt: skip
NOTEBOOK = ROOT / "examples" / "tutorial.ipynb"
HELP = [sys.executable, "-m", "typer", "sumtune.cli.application", "utils", "docs", "--name", "sumtune"]
EXAMPLES = re.compile(r"^Examples?: (.+)$", re.MULTILINE)
LIST_OF_COMMANDS = re.compile(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+", re.MULTILINE)
"""Its descriptions are cut off; the headings say as much."""
CLASSES = ("api.runs.Run", "api.planning.Plan", "api.scores.Scores", "api.scores.Score", "api.diagnosis.Diagnosis",
           "diagnose.finding.Finding", "api.report.Report", "errors")  # fmt: skip
"""What the functions of the Python API return and raise."""


def generated_pages() -> dict[str, str]:
    """Return the Markdown of each page that has no file in `docs/`."""
    copied = {page: (ROOT / source).read_text(encoding="utf-8") for source, page in COPIED.items()}
    return copied | {
        "notebook.md": notebook(), "commands.md": commands(), "settings.md": settings_page(), "api.md": api(),
    }  # fmt: skip


def notebook() -> str:
    """Return the cells of the notebook."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    texts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    blocks = [text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in texts]
    return "\n\n".join(blocks).replace("../docs/", "")


def commands() -> str:
    """Return the help texts of all commands, with each example on a line of its own."""
    shown = subprocess.run(HELP, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    shown = LIST_OF_COMMANDS.sub("", shown).replace("# `sumtune`", "# Commands", 1)
    return EXAMPLES.sub(lambda found: "```\n" + re.sub(r"\s+\|\s{2,}", "\n", found[1]) + "\n```", shown)


def api() -> str:
    """Return a page that documents every public name."""
    functions = [name for name in sumtune.__all__ if name not in ("SumtuneError", "__version__")]
    names = [f"::: sumtune.{name}\n" for name in (*functions, *CLASSES)]
    return "\n".join(["# Python API\n\n[Use Python](python.md) shows how these work together.\n", *names])
