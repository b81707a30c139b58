"""Measures what each export of a run scores and how fast it is, beside the tuned model; with --faults, what is refused.

Run: python benchmarks/exports.py --run-dir DIR --work DIR [--formats merged ctranslate2] [--faults]

Each format is exported to a folder in `--work` and checked as `sumtune export` does. Prints a row of a Markdown table
for each, with the figures of `export.json`. The first export waits until the tuned model has summarized the examples.
`--adapter-base q8_0` gives `gguf-adapter` a smaller base model than the export has. `--faults` plants four faults (or
those it names) into exports in the formats `merged` and `gguf` instead: each must be refused. Takes several minutes
with the embedded model and 64 examples.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from planted_exports import FAULTS, Planted

from sumtune.commands.export import export_run
from sumtune.errors import ExportError
from sumtune.export.formats import FORMATS
from sumtune.export.gguf.formats import BASE
from sumtune.export.gguf.tensors import Precision
from sumtune.export.gguf.write import write_model
from sumtune.export.publish import RECORD, failed_path
from sumtune.export.source import ExportSource
from sumtune.files.run_dir import RunDir
from sumtune.terminal.console import plain_console

COLUMNS = ("export", "result", "ROUGE-1", "difference from float32", "95% interval",
           "difference from the scored engine", "95% interval", "same prompts",
           "identical to float32", "s/summary", "size")  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def checked(run_dir: RunDir, name: str, output: Path, examples: int) -> tuple[dict[str, Any], float]:
    """Return the result of the check of an export, and its size in MB. The export is deleted."""
    with suppress(ExportError):
        export_run(run_dir, name, output, plain_console(stderr=True), examples=examples, force=output.exists())
    folder = output if output.exists() else failed_path(output)
    check = json.loads((folder / RECORD).read_text(encoding="utf-8"))["check"]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    shutil.rmtree(folder)
    return check, size


def row(name: str, check: dict[str, Any], size: float) -> str:
    """Return a row of the table."""
    if check["result"] == "not checked":
        return f"| {name} | not checked: {check['reason']} |"
    exact, scored = (check[name]["metrics"]["rouge1"] for name in ("exact", "scored"))
    cells = [
        name, check["result"], f"{exact['second']:.4f}", *difference(exact), *difference(scored),
        f"{check['n'] - check['different_prompts']} of {check['n']}",
        f"{check['exact']['identical']} of {check['n']}", f"{check['exported_s']:.2f}", f"{size:,.0f} MB",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def difference(found: dict[str, float]) -> list[str]:
    """Return the cells of a difference and its interval."""
    return [f"{found['difference']:+.4f}", f"{found['low']:+.4f} to {found['high']:+.4f}"]


def tuned_rows(check: dict[str, Any]) -> Iterator[str]:
    """Yield rows for the tuned model itself: in float32, and as it was scored."""
    for name in ("exact", "scored"):
        one = check[name]
        cells = [""] * len(COLUMNS)
        cells[0] = f"tuned model, {one['decoding']['engine']} {one['decoding']['number_format']}"
        cells[2], cells[-2] = f"{one['metrics']['rouge1']['first']:.4f}", f"{one['tuned_s']:.2f}"
        yield f"| {' | '.join(cells)} |"


def other_base(precision: Precision, source: ExportSource, folder: Path) -> None:
    """Write the base model of a `gguf-adapter` in another number format."""
    write_model(source, None, folder / BASE, precision)


def measured(run_dir: RunDir, arguments: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Yield name, result and size of each export."""
    if arguments.adapter_base is not None:
        FORMATS["gguf-adapter"] = Planted(FORMATS["gguf-adapter"], partial(other_base, arguments.adapter_base))
    if arguments.faults is None:
        for name in arguments.formats or FORMATS:
            yield f"`{name}`", *checked(run_dir, name, arguments.work / name, arguments.examples)
        return
    for name in arguments.formats or FAULTS:
        correct = FORMATS[name]
        for fault in arguments.faults or FAULTS[name]:
            FORMATS[name] = Planted(correct, FAULTS[name][fault])
            output = arguments.work / f"{name}-{fault.replace(' ', '-')}"
            yield f"`{name}`, {fault}", *checked(run_dir, name, output, arguments.examples)


def main() -> None:
    """Parse the arguments and print the table, a row when it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS))
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS["merged"]))
    parser.add_argument("--adapter-base", choices=get_args(Precision))
    parser.add_argument("--examples", type=int, default=64)
    arguments = parser.parse_args()
    print(HEAD, flush=True)
    is_first = True
    for name, check, size in measured(RunDir(arguments.run_dir), arguments):
        lines = [*(tuned_rows(check) if is_first and "exact" in check else ()), row(name, check, size)]
        print(*lines, sep="\n", flush=True)
        is_first = is_first and "exact" not in check


if __name__ == "__main__":
    main()
