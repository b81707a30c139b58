"""`sumtune export`: the tuned model as files of another program, compared with the tuned model."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from sumtune.commands.run_record import recorded_config
from sumtune.config import Config
from sumtune.errors import ConfigError, ExportError
from sumtune.export.format import ExportFormat
from sumtune.export.formats import find_format
from sumtune.export.proof import Proof, Sample, choose_sample, prove
from sumtune.export.publish import drafted, failed_path, publish, require_free
from sumtune.export.readme import readme
from sumtune.export.record import write_export_record
from sumtune.export.source import ExportSource, read_source
from sumtune.export.tuned import Engine, tuned_summaries
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.summarizer import OnProgress
from sumtune.terminal.export import proof_table
from sumtune.terminal.progress import duration, generation_progress
from sumtune.terminal.status import status

__all__ = ["export_run"]

ENGINES: Mapping[Engine, str] = {"float32": "in float32", "scored": "as it was scored"}


def export_run(
    run_dir: RunDir, name: str, output: Path, console: Console, *, check: bool = True, examples: int = 64,
    force: bool = False,
) -> Path:  # fmt: skip
    """Export the tuned model of a run in the format `name` to the folder `output`, check it, and return `output`.

    Raises:
        ConfigError: there is no such format, `output` exists, or `examples` is below 1.
        RunDirError: the folder holds no trained run, or no examples for the check.
        ExportError: the export does not pass the check. It is kept at `output` + `-failed`.
    """
    kind = find_format(name)
    if examples < 1:
        raise ConfigError(f"--examples must be at least 1, not {examples}; --no-check exports without a check.")
    require_free(output, force=force)
    config, tuned = recorded_config(run_dir), read_source(run_dir)
    source = tuned.with_search(beams=kind.searches_beams, repeats_forbidden=kind.forbids_repeats(tuned))
    kind.require_exportable(source)
    why_not = kind.missing_runtime() if check else "it was exported with --no-check."
    sample = None if why_not else choose_sample(run_dir, source, kind.max_source_tokens(source), examples)
    with drafted(output) as draft:
        with status(console, f"Writing {kind.name}"):
            _write(kind, source, draft)
        proof = None if sample is None else _proof(run_dir, config, kind, source, sample, draft, console)
        (draft / "README.md").write_text(readme(kind, tuned, source, draft, proof, why_not), encoding="utf-8")
        write_export_record(draft, kind, source, proof, why_not)
        problems = proof.problems if proof else []
        final = failed_path(output) if problems else output
        publish(draft, final)
    if proof is None:
        console.print(f"Not checked: {why_not}", highlight=False, markup=False, soft_wrap=True)
    else:
        console.print(proof_table(proof, kind))
    if problems:
        raise ExportError(f"The export does not write what the tuned model writes. {' '.join(problems)} It is kept in "
                          f"{final}; do not use it.")  # fmt: skip
    return final


def _write(kind: ExportFormat, source: ExportSource, folder: Path) -> None:
    kind.write(source, folder)
    replace(source.prompt, max_source_tokens=kind.max_source_tokens(source)).save(folder)
    if source.notice:
        (folder / "NOTICE").write_text(source.notice + "\n", encoding="utf-8")
    free_memory()


def _proof(
    run_dir: RunDir, config: Config, kind: ExportFormat, source: ExportSource, sample: Sample, folder: Path,
    console: Console,
) -> Proof:  # fmt: skip
    exact, scored = (
        tuned_summaries(source, sample, engine, run_dir.export_summaries, partial(_tuned_progress, console, name))
        for engine, name in ENGINES.items()
    )
    with generation_progress(console, f"Summarizing ({kind.name})", len(sample.examples)) as progress:
        tokens, seed = config.evaluate.rouge_tokens, config.train.seed
        return prove(exact, scored, sample, partial(kind.open, folder), tokens, seed, progress)


@contextmanager
def _tuned_progress(console: Console, name: str, total: int) -> Iterator[OnProgress]:
    begun = time.monotonic()
    with generation_progress(console, f"Summarizing (tuned model {name})", total) as progress:
        yield progress
    console.print(f"This took {duration(time.monotonic() - begun)}. Further exports of this run reuse the summaries.",
                  highlight=False, soft_wrap=True)  # fmt: skip
