"""The command line: one thin function a command. Everything heavy is imported inside the command that needs it."""

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sumtune.errors import ConfigError, StoppedError, SumtuneError
from sumtune.serve.settings import ServeSettings
from sumtune.terminal.encoding import never_fail_on_output

if TYPE_CHECKING:
    from sumtune.config import Config

__all__ = ["app", "main"]

app = typer.Typer(
    name="sumtune",
    epilog="Start with: sumtune run   (embedded model and data, no network needed)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

PresetOption = Annotated[str | None, typer.Option("--preset", help="quality (default), balanced or fast.")]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="CSV, JSON, JSONL or Parquet file, folder of splits, hub id, or `embedded`."),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="`embedded`, model folder, .gguf file, or Hugging Face id.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="YAML file with settings.")]
RunDirOption = Annotated[Path, typer.Option("--run-dir", help="Folder of this run's files.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, for example train.epochs=2; may be repeated."),
]
DialogueOption = Annotated[str | None, typer.Option("--dialogue-column", help="Column that holds the dialogue.")]
SummaryOption = Annotated[str | None, typer.Option("--summary-column", help="Column that holds the summary.")]
DropOption = Annotated[bool, typer.Option("--drop-invalid", help="Drop rows with errors instead of stopping.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Continue from the newest checkpoint.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace another run in the run folder.")]
BeamsOption = Annotated[
    int | None,
    typer.Option("--beams", min=1, help="Beams for this command, else as the adapter was scored; 1 is greedy search."),
]

RUN_DIR = Path("artifacts")
INTERRUPTED = 130
PATH_PROBLEMS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO)
"""Errors of the system about a path that its owner can mend."""


def main() -> None:
    """Runs the command line; exit code 0, 2 for what the user can mend, 1 for a bug of ours."""
    never_fail_on_output()
    try:
        app()
    except StoppedError as stopped:
        print(f"{stopped} The same command continues from there.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except SumtuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            print(f"Error: the disk is full ({error.filename or 'while writing'}). Make room; the same command "
                  "continues with what is there.", file=sys.stderr)  # fmt: skip
        elif error.errno in PATH_PROBLEMS and error.filename is not None:
            print(f"Error: Cannot use {str(error.filename)!r}: {error.strerror}.", file=sys.stderr)
        else:
            raise
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer's own code for Control-C, which it gives without a word
            print("Interrupted. The same command continues from the last checkpoint.", file=sys.stderr)
        raise


def _show_version(wanted: bool) -> None:
    if wanted:
        from sumtune import __version__

        print(f"sumtune {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tune, measure and serve a summarizer of your own conversations, on your own machine."""


@app.command(epilog="Example: sumtune run --preset fast --data chats.csv --run-dir runs/first")
def run(
    preset: PresetOption = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    run_dir: RunDirOption = RUN_DIR,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    drop_invalid: DropOption = False,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Check the data, tune, score: the whole way from conversations to a scored summarizer."""
    settings = _config(preset, config, set_, data, model, dialogue_column, summary_column, drop_invalid)
    from sumtune.commands import run as pipeline
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    pipeline.run(settings, RunDir(run_dir), plain_console(), resume=resume, overwrite=overwrite)


@app.command(epilog="Example: sumtune check chats.csv")
def check(
    data: Annotated[str, typer.Argument(help="File, folder, hub id, or `embedded`.")],
    model: ModelOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    drop_invalid: DropOption = False,
) -> None:
    """Say what is wrong with the data, with file and row; write nothing."""
    settings = _config(None, config, set_, data, model, dialogue_column, summary_column, drop_invalid)
    from sumtune.commands.settings import CHECK, require_used

    require_used("check", set_ or (), CHECK)
    from sumtune.data import ingest
    from sumtune.data.issues import display, raise_errors
    from sumtune.model.encode_stage import changes, fitted, make_encoder
    from sumtune.model.precision import choose_device

    choose_device(settings.model.device)
    allowed = fitted(settings.model)
    for note in changes(settings.model, allowed):
        print(note)
    checked = ingest.check(settings.data, make_encoder(allowed), allowed)
    raise_errors(checked.issues)
    for line in display(checked.issues):
        print(line)
    counts = ", ".join(f"{name} {len(examples)}" for name, examples in checked.examples.items() if examples)
    dropped = f"; {checked.dropped} rows dropped" if checked.dropped else ""
    print(f"The data can be used: {counts} examples{dropped}.")


@app.command(epilog="Example: sumtune train --preset balanced --data chats/ --run-dir runs/second")
def train(
    preset: PresetOption = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    run_dir: RunDirOption = RUN_DIR,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    drop_invalid: DropOption = False,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Like `run`, but stop when the adapter is trained."""
    settings = _config(preset, config, set_, data, model, dialogue_column, summary_column, drop_invalid)
    from sumtune.commands import run as pipeline
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    pipeline.train(settings, RunDir(run_dir), plain_console(), resume=resume, overwrite=overwrite)


@app.command(epilog="Example: sumtune evaluate --run-dir runs/first --set decode.beams=1")
def evaluate(
    run_dir: RunDirOption = RUN_DIR,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting of decode or evaluate, or model.device; may be repeated. `summarize` and `serve` generate "
            "as was scored last.",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Make engines and scores anew where nothing changed.")] = False,
) -> None:
    """Score the adapter of a run folder beside base model and baselines."""
    from sumtune.commands import run as pipeline
    from sumtune.commands.settings import EVALUATE, require_used
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    folder = RunDir(run_dir)
    config = pipeline.recorded_config(folder, tuple(set_ or ()))
    require_used("evaluate", set_ or (), EVALUATE)
    pipeline.evaluate(config, folder, plain_console(), again=again)


@app.command(epilog="Example: sumtune compare runs/first runs/second")
def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Run folders, scored on the same examples; all against the first.")
    ],
) -> None:
    """Say what differs between scored runs, by how much, and whether that may be chance."""
    if len(runs) < 2:
        raise ConfigError("compare needs at least two run folders: sumtune compare RUN_A RUN_B")
    from sumtune.commands import compare as comparing
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console

    comparing.show([RunDir(run) for run in runs], plain_console())


@app.command(epilog="Examples: sumtune diagnose --run-dir runs/first   |   sumtune diagnose --predictions outputs.csv")
def diagnose(
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run-dir", help=f"Folder of the run, {RUN_DIR} unless given; with --predictions the run they are of."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="CSV, JSON, JSONL or Parquet file with outputs of any tool.")
    ] = None,
    prediction_column: Annotated[str | None, typer.Option("--prediction-column")] = None,
    reference_column: Annotated[str | None, typer.Option("--reference-column")] = None,
    dialogue_column: DialogueOption = None,
) -> None:
    """Say what holds the score down, most important cause first, with evidence and remedy."""
    from sumtune.diagnose.diagnose_stage import diagnose_file, diagnose_run
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal import diagnosis as show

    if predictions is None:
        diagnosis = diagnose_run(RunDir(run_dir or RUN_DIR))
    else:
        columns = (prediction_column, reference_column, dialogue_column)
        diagnosis = diagnose_file(predictions, *columns, None if run_dir is None else RunDir(run_dir))
    for line in show.lines(diagnosis):
        print(line)


@app.command(epilog="Examples: sumtune summarize chat.txt   |   cat chat.txt | sumtune summarize")
def summarize(
    file: Annotated[
        Path | None, typer.Argument(help="Text file with one dialogue; standard input where left out.")
    ] = None,
    input_: Annotated[
        Path | None, typer.Option("--input", help="CSV, JSON, JSONL or Parquet with a dialogue in each row.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="JSONL of these rows, each with a summary.")] = None,
    run_dir: RunDirOption = RUN_DIR,
    beams: BeamsOption = None,
    dialogue_column: DialogueOption = None,
) -> None:
    """Summarize one dialogue to standard output, or all of a data file to JSONL."""
    if (input_ is None) != (output is None) or (input_ is not None and file is not None):
        raise ConfigError("Give either one text (a file or standard input), or both --input and --output.")
    from sumtune.commands import summarize as summarizing
    from sumtune.files.run_dir import RunDir

    folder = RunDir(run_dir)
    if input_ is not None and output is not None:
        summarizing.summarize_file(input_, output, folder, beams, dialogue_column)
    else:
        print(summarizing.summarize_text(summarizing.read_text(file), folder, beams))


@app.command(epilog="Example: sumtune serve --run-dir runs/first --adapter short=runs/short --port 8080")
def serve(
    run_dir: RunDirOption = RUN_DIR,
    adapter: Annotated[
        list[str] | None,
        typer.Option("--adapter", metavar="NAME=FOLDER", help="A further adapter; may be repeated."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than this machine's need SUMTUNE_API_KEY.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = 8000,
    beams: BeamsOption = None,
    deadline: Annotated[
        float, typer.Option("--deadline", min=1, help="Seconds after which a request is given up.")
    ] = ServeSettings.deadline_s,
    queue: Annotated[
        int, typer.Option("--queue", min=1, help="Most dialogues that wait; more are refused.")
    ] = ServeSettings.max_queued_dialogues,
    requests_per_minute: Annotated[
        int, typer.Option("--requests-per-minute", min=1, help="Most requests of one API key.")
    ] = ServeSettings.requests_per_minute,
    connections_per_client: Annotated[
        int,
        typer.Option(
            "--connections-per-client", min=1, help="Most connections of one address; a proxy is one address."
        ),
    ] = ServeSettings.max_connections_per_client,
    allow_adapter_loading: Annotated[
        bool,
        typer.Option(
            "--allow-adapter-loading",
            help="Load and unload adapters at run time; needs --adapter-root and SUMTUNE_ADMIN_KEY.",
        ),
    ] = False,
    adapter_root: Annotated[
        Path | None,
        typer.Option("--adapter-root", metavar="DIR", help="Folder that adapters may be loaded from at run time."),
    ] = None,
) -> None:
    """Serve the tuned summarizer: a page and an API at http://localhost:8000."""
    from sumtune.files.run_dir import RunDir
    from sumtune.serve import server
    from sumtune.serve.api_keys import adapter_loading_settings, read_api_keys

    settings = ServeSettings(
        api_keys=read_api_keys(),
        deadline_s=deadline,
        max_queued_dialogues=queue,
        requests_per_minute=requests_per_minute,
        max_connections_per_client=connections_per_client,
        **adapter_loading_settings(allow_adapter_loading, adapter_root),
    )
    adapters = server.parse_adapters(adapter or [])
    server.run(RunDir(run_dir), host, port, beams=beams, adapters=adapters, settings=settings)


@app.command(epilog="Example: sumtune clean --run-dir runs/first")
def clean(
    run_dir: RunDirOption = RUN_DIR,
    everything: Annotated[bool, typer.Option("--all", help="Also the newest and the best checkpoint.")] = False,
) -> None:
    """Delete old checkpoints; the adapter, the scores and (without --all) what a resume needs stay."""
    from sumtune.commands import clean as cleaning
    from sumtune.files.run_dir import RunDir

    print(cleaning.clean(RunDir(run_dir), everything))


def _config(
    preset: str | None,
    config_file: Path | None,
    assignments: list[str] | None,
    data: str | None,
    model: str | None,
    dialogue_column: str | None,
    summary_column: str | None,
    drop_invalid: bool,
) -> "Config":
    from sumtune.config import resolve

    overrides: dict[str, Any] = {
        "data.path": data,
        "model.name": model,
        "data.dialogue_column": dialogue_column,
        "data.summary_column": summary_column,
        "data.drop_invalid": drop_invalid or None,
    }
    given = {key: value for key, value in overrides.items() if value is not None}
    return resolve(preset, config_file, given, tuple(assignments or ()))
