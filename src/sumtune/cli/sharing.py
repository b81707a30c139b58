"""`sumtune report`, `runs`, `export` and `push`. Heavy imports happen inside the command that needs them."""

from pathlib import Path
from typing import Annotated

import typer

from sumtune.cli.options import RunDirOption
from sumtune.errors import ConfigError
from sumtune.files.run_dir import DEFAULT_RUN_DIR

__all__ = ["export", "push", "report", "runs"]


def report(
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    examples: Annotated[
        bool,
        typer.Option(
            "--examples/--no-examples",
            help="Whether the report quotes conversations and summaries; leave them out if you may not pass them on.",
        ),
    ] = True,
    output: Annotated[
        Path | None, typer.Option("--output", help="HTML file to write. Default: report.html in the run folder.")
    ] = None,
) -> None:
    """Write the report of a scored run: one HTML page that loads nothing, for the browser, mail or paper."""
    from sumtune.commands.report import report_run
    from sumtune.files.run_dir import RunDir

    print(report_run(RunDir(run_dir), examples=examples, output=output))


def runs(
    folder: Annotated[Path, typer.Argument(help="Folder to search for runs, including its subfolders.")] = Path(),
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    csv_: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List all runs below a folder, newest first: data, preset, score, minutes and state."""
    if json_ and csv_:
        raise ConfigError("--json and --csv exclude each other: give one of them.")
    from sumtune.files.run_list import find_runs
    from sumtune.terminal import runs as listing
    from sumtune.terminal.console import plain_console

    found = find_runs(folder)
    if json_ or csv_:
        print(listing.as_json(found) if json_ else listing.as_csv(found), end="\n" if json_ else "")
    elif found:
        plain_console().print(listing.table(found))
    else:
        print(f"There is no run in {str(folder)!r} or below it.")


def export(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="merged (for transformers, vLLM, TGI), ctranslate2, onnx, openvino, gguf or gguf-q8_0 (for llama.cpp "
            "and LM Studio), gguf-adapter (for --lora of llama.cpp), or ollama.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", help="New folder of the export.")],
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    check: Annotated[
        bool,
        typer.Option("--check/--no-check", help="Whether the export must first prove equal to the tuned model."),
    ] = True,
    examples: Annotated[
        int, typer.Option("--examples", help="Maximum number of validation examples that both summarize.")
    ] = 64,
    force: Annotated[bool, typer.Option("--force", help="Replace an older export at --output.")] = False,
) -> None:
    """Write the tuned model as files of another program, and prove that it summarizes as well there.

    Both summarize validation examples. The export fails, and its folder is called OUTPUT-failed, if its ROUGE-1 is
    lower than that of the tuned model in float32 by more than 0.01 and not by chance, or if its prompts
    have different tokens.
    """
    from sumtune.commands.export import export_run
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    console = plain_console(stderr=True)
    print(export_run(RunDir(run_dir), to, output, console, check=check, examples=examples, force=force))


def push(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Model repository on the Hugging Face hub.")],
    private: Annotated[bool, typer.Option("--private", help="Nobody else may see the repository.")] = False,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
) -> None:
    """Upload the adapter and its model card to the Hugging Face hub. Data, predictions and reports stay here."""
    from sumtune.commands.push import push_run
    from sumtune.files.run_dir import RunDir

    print(push_run(RunDir(run_dir), repository, private=private))
