"""`sumtune summarize`, `convert`, `serve`, `clean` and `doctor`. Heavy imports happen inside the commands."""

from pathlib import Path
from typing import Annotated

import typer

from sumtune.cli.options import BeamsOption, CoresOption, DialogueOption, RunDirOption, worker_cores
from sumtune.errors import ConfigError
from sumtune.files.run_dir import DEFAULT_RUN_DIR
from sumtune.serve.settings import ServeSettings

__all__ = ["clean", "convert", "doctor", "serve", "summarize"]


def summarize(
    file: Annotated[
        Path | None, typer.Argument(help="Text, transcript (WebVTT, SRT) or exported chat. Default: standard input.")
    ] = None,
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="CSV, JSON, JSONL or Parquet file with a dialogue in each row, or folder of shards.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="JSONL file for the rows of --input, each with its summary, or folder."),
    ] = None,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    beams: BeamsOption = None,
    dialogue_column: DialogueOption = None,
    style: Annotated[
        str,
        typer.Option("--style", help="Style, such as `in one sentence`; with --input, for rows without a `style`."),
    ] = "",
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Ray cluster for the shards; `auto`: that of this machine."),
    ] = None,
    cores: CoresOption = None,
) -> None:
    """Summarize one dialogue to standard output, or every row of a data file or a folder of shards to JSONL."""
    if (input_ is None) != (output is None) or (input_ is not None and file is not None):
        raise ConfigError("Give either one text (a file or standard input), or both --input and --output.")
    from sumtune.commands.summarize import read_text, summarize_file, summarize_text
    from sumtune.files.run_dir import RunDir

    folder, each = RunDir(run_dir), worker_cores(cores, ray)
    if ray is not None and (input_ is None or not input_.is_dir()):
        raise ConfigError("--ray needs --input with a folder of shards.")
    if input_ is not None and output is not None and input_.is_dir():
        from sumtune.commands.summarize_folder import Job, summarize_folder

        summarize_folder(Job(input_, output, run_dir, beams, dialogue_column, style), ray, each)
    elif input_ is not None and output is not None:
        summarize_file(input_, output, folder, beams, dialogue_column, style)
    else:
        print(summarize_text(read_text(file), folder, beams, style))


def convert(
    export: Annotated[
        Path,
        typer.Argument(help="Export of a chat or support program, transcript, or data file."),
    ],
    output: Annotated[Path, typer.Option("--output", help="JSONL file to write, one conversation per line.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output file.")] = False,
    dialogue_column: DialogueOption = None,
) -> None:
    """Convert an export of another program to JSONL, and show how it is read."""
    from sumtune.commands.convert import convert as convert_export

    convert_export(export, output, overwrite=overwrite, dialogue_column=dialogue_column)


def serve(
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    adapter: Annotated[
        list[str] | None,
        typer.Option("--adapter", metavar="NAME=FOLDER", help="Another adapter to serve. Repeatable."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on. An address that is not local needs SUMTUNE_API_KEY.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = 8000,
    beams: BeamsOption = None,
    deadline: Annotated[
        float, typer.Option("--deadline", min=1, help="Seconds after which a request fails.")
    ] = ServeSettings.deadline_s,
    queue: Annotated[
        int, typer.Option("--queue", min=1, help="Maximum number of waiting dialogues and parts; more are refused.")
    ] = ServeSettings.max_queued_dialogues,
    requests_per_minute: Annotated[
        int, typer.Option("--requests-per-minute", min=1, help="Maximum number of requests per minute and API key.")
    ] = ServeSettings.requests_per_minute,
    connections_per_client: Annotated[
        int,
        typer.Option(
            "--connections-per-client",
            min=1,
            help="Maximum number of connections per address. Clients behind a proxy share its address.",
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
        typer.Option("--adapter-root", metavar="DIR", help="Folder from which adapters may be loaded at run time."),
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


def clean(
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    everything: Annotated[bool, typer.Option("--all", help="Also delete the newest and the best checkpoint.")] = False,
) -> None:
    """Delete old checkpoints. The adapter, the scores, and the newest and the best checkpoint stay."""
    from sumtune.commands.clean import clean_run
    from sumtune.files.run_dir import RunDir

    print(clean_run(RunDir(run_dir), everything))


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what this machine computes with, what is missing, and how to get it."""
    from sumtune.commands.doctor import show_machine
    from sumtune.terminal.console import plain_console

    show_machine(plain_console(), as_json=json)
