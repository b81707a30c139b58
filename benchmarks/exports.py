"""Measures what each export of a run scores and how fast it is, beside the tuned model; with --faults, what is refused.

Run: python benchmarks/exports.py --run-dir DIR --work DIR [--formats merged ctranslate2] [--float] [--faults]

Each format is exported to a folder in `--work` and checked as `sumtune export` does. Prints a row of a Markdown table
for each, with the figures of `export.json`. The tuned model's summaries are those of the run's scores, if they were
found with the same search; with `--float`, it summarizes again in float32 instead of int8.
`--faults` plants four faults (or those it names) into exports in the formats `merged` and `gguf` instead: each must
be refused. Takes several minutes with the embedded model and 64 examples.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from planted_exports import FAULTS, Planted

from sumtune.commands import export
from sumtune.commands.export import export_run
from sumtune.errors import ExportError
from sumtune.evaluate.scorecard import TUNED
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.export.formats import FORMATS
from sumtune.export.proof import Sample, Written
from sumtune.export.publish import RECORD, failed_path
from sumtune.export.source import ExportSource
from sumtune.files.run_dir import RunDir
from sumtune.terminal.console import plain_console

COLUMNS = ("export", "result", "ROUGE-1: tuned, exported", "difference", "95% interval", "same prompts",
           "identical summaries", "s/summary: tuned, exported", "size")  # fmt: skip
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
    one = check["metrics"]["rouge1"]
    cells = [
        name, check["result"], f"{one['first']:.4f}, {one['second']:.4f}", f"{one['difference']:+.4f}",
        f"{one['low']:+.4f} to {one['high']:+.4f}", f"{check['n'] - check['different_prompts']} of {check['n']}",
        f"{check['identical']} of {check['n']}", f"{check['ours_s']:.2f}, {check['exported_s']:.2f}", f"{size:,.0f} MB",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def reference_of(run_dir: RunDir, write: Callable[..., Written], *, is_float: bool) -> Callable[..., Written]:
    """Return a function that gives what the tuned model writes, from the scores of the run where they are searched so.

    What they do not hold is written once; with `is_float`, in float32.
    """
    known: dict[tuple[int, ...], Written] = {}
    number_format = {"quantization": "float32"} if is_float else {}

    def written(source: ExportSource, sample: Sample, *more: Any) -> Written:
        found = None if is_float else scored(run_dir, source, sample)
        key = (source.decode.beams, *map(hash, sample.dialogues))
        if found is None and key not in known:
            decode = source.decode.model_copy(update=number_format)
            known[key] = write(replace(source, decode=decode), sample, *more)
        return found or known[key]

    return written


def scored(run_dir: RunDir, source: ExportSource, sample: Sample) -> Written | None:
    """Return the summaries in the scores of the run; None if they are of other examples or of another search."""
    card = load_scorecard(run_dir)
    texts = {(one.dialogue, one.references): one.systems[TUNED].text for one in card.examples}
    keys, decoding = [(one.dialogue, one.references) for one in sample.examples], card.signature.decoding[TUNED]
    if decoding["beams"] != source.decode.beams or not set(keys) <= texts.keys():
        return None
    prompts = source.encoder.sources(sample.dialogues, sample.styles)
    seconds = (card.systems[TUNED].generation_s or 0.0) * len(keys) / len(card.examples)
    return Written(prompts, [texts[key] for key in keys], seconds, decoding)


def measured(run_dir: RunDir, arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the rows of the table."""
    export.write_ours = reference_of(run_dir, export.write_ours, is_float=arguments.float)
    if arguments.faults is None:
        for name in arguments.formats or FORMATS:
            yield row(f"`{name}`", *checked(run_dir, name, arguments.work / name, arguments.examples))
        return
    for name in arguments.formats or FAULTS:
        correct = FORMATS[name]
        for fault in arguments.faults or FAULTS[name]:
            FORMATS[name] = Planted(correct, FAULTS[name][fault])
            output = arguments.work / f"{name}-{fault.replace(' ', '-')}"
            yield row(f"`{name}`, {fault}", *checked(run_dir, name, output, arguments.examples))


def main() -> None:
    """Parse the arguments and print the table, a row when it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS))
    parser.add_argument("--float", action="store_true")
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS["merged"]))
    parser.add_argument("--examples", type=int, default=64)
    arguments = parser.parse_args()
    print(HEAD, flush=True)
    for line in measured(RunDir(arguments.run_dir), arguments):
        print(line, flush=True)


if __name__ == "__main__":
    main()
