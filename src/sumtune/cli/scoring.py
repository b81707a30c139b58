"""`sumtune evaluate`, `compare` and `diagnose`. Heavy imports happen inside the command that needs them."""

from pathlib import Path
from typing import Annotated

import typer

from sumtune.cli.options import DialogueOption, RunDirOption
from sumtune.errors import ConfigError
from sumtune.files.run_dir import DEFAULT_RUN_DIR

__all__ = ["compare", "diagnose", "evaluate"]


def evaluate(
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting of `decode` or `evaluate`, or model.device. Repeatable. `summarize` and `serve` "
            "then also use the `decode` settings and the device.",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Rebuild engines and scores even if nothing changed.")] = False,
) -> None:
    """Score the adapter of a run folder, the base model and two baselines."""
    from sumtune.commands.evaluate import evaluate_run, evaluation_config
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    folder = RunDir(run_dir)
    evaluate_run(evaluation_config(folder, set_ or ()), folder, plain_console(), again=again)


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Run folders scored on the same examples. Each is compared with the first.")
    ],
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the comparison to this file, as one HTML page.")
    ] = None,
    examples: Annotated[
        bool, typer.Option("--examples/--no-examples", help="Whether the page shows conversations and summaries.")
    ] = True,
) -> None:
    """Compare scored runs: which settings and scores differ, and whether the scores could differ by chance."""
    if len(runs) < 2:
        raise ConfigError("compare needs at least two run folders: sumtune compare RUN_A RUN_B")
    from sumtune.commands.compare import compare_runs
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    compare_runs([RunDir(run) for run in runs], plain_console(), html=html, examples=examples)


def diagnose(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Predictions of any tool, with references or --references FILE. CSV, Excel, JSON, JSONL, Parquet, or "
            "a text with one prediction per line. Without FILE, a run is diagnosed."
        ),
    ] = None,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run-dir", help=f"Folder of the run (default {DEFAULT_RUN_DIR}); with FILE, the run that tuned the model."
        ),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option("--references", help="File with references (and dialogues), matched by id or by order."),
    ] = None,
    training_log: Annotated[
        Path | None,
        typer.Option(
            "--trainer-state",
            "--training-log",
            help="Training log of another tool: trainer_state.json or its folder, a TensorBoard event "
            "file, or a table of losses (CSV, JSONL).",
        ),
    ] = None,
    prediction_column: Annotated[
        str | None, typer.Option("--prediction-column", help="Column that holds the prediction.")
    ] = None,
    reference_column: Annotated[
        str | None, typer.Option("--reference-column", help="Column that holds the reference.")
    ] = None,
    dialogue_column: DialogueOption = None,
    predictions: Annotated[Path | None, typer.Option("--predictions", hidden=True, help="The same as FILE.")] = None,
) -> None:
    """Show what lowers the score: causes with evidence and remedies, most important first."""
    from sumtune.commands.diagnose import show_diagnosis, show_diagnosis_of_file, show_diagnosis_of_log
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    if file is not None and predictions is not None:
        raise ConfigError("--predictions is another name for FILE: give one of them.")
    if training_log is not None and run_dir is not None:
        raise ConfigError("--trainer-state and --run-dir both say how the model was trained: give one of them.")
    path, columns = file or predictions, (prediction_column, reference_column, dialogue_column)
    if path is None and (references is not None or any(columns)):
        raise ConfigError("Options about columns and references need a FILE of predictions: sumtune diagnose FILE")
    if path is not None:
        run = None if run_dir is None else RunDir(run_dir)
        show_diagnosis_of_file(path, columns, run, references, training_log, plain_console())
    elif training_log is not None:
        show_diagnosis_of_log(training_log, plain_console())
    else:
        show_diagnosis(RunDir(run_dir or DEFAULT_RUN_DIR), plain_console())
