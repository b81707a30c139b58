"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sumtune.errors import ConfigError

__all__ = [
    "SEARCH_DIR",
    "BeamsOption",
    "CheckSetOption",
    "ConfigOption",
    "CoresOption",
    "DataOption",
    "DialogueOption",
    "DropOption",
    "ModelOption",
    "NoHistoryOption",
    "OverwriteOption",
    "PresetOption",
    "ResumeOption",
    "RunDirOption",
    "SetOption",
    "StyleColumnOption",
    "SummaryOption",
    "TrackExamplesOption",
    "TrackOption",
    "WithinOption",
    "worker_cores",
]

SEARCH_DIR = Path("search")

PresetOption = Annotated[str | None, typer.Option("--preset", help="quality (default), best, balanced or fast.")]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="Data file (CSV, Excel, JSON, JSONL, Parquet, Arrow), folder of splits, hub id, or `embedded`."
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="`embedded`, model folder, .gguf file, or Hugging Face id.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="YAML file with settings.")]
RunDirOption = Annotated[Path, typer.Option("--run-dir", help="Folder of the run.")]
WORKER_CORES = 4
CoresOption = Annotated[
    int | None,
    typer.Option("--cores", min=1, help="Cores of each worker of --ray.", show_default=str(WORKER_CORES)),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, for example train.epochs=2. Repeatable."),
]
CheckSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting of the data or a token limit, for example model.max_source_tokens=2048. Repeatable.",
    ),
]
DialogueOption = Annotated[str | None, typer.Option("--dialogue-column", help="Column that holds the dialogue.")]
SummaryOption = Annotated[str | None, typer.Option("--summary-column", help="Column that holds the summary.")]
StyleColumnOption = Annotated[
    str | None, typer.Option("--style-column", help="Column with the style of each summary, such as `in one sentence`.")
]
DropOption = Annotated[bool, typer.Option("--drop-invalid", help="Drop rows with errors instead of stopping.")]
NoHistoryOption = Annotated[
    bool,
    typer.Option("--no-history", help="Forecast scores without your own finished runs, and do not remember this one."),
]
WithinOption = Annotated[
    str | None,
    typer.Option(
        "--within",
        metavar="TIME",
        help="Time of the whole command, evaluation included, for example 45m or 1h30m. Settings are chosen to fit.",
    ),
]
TrackOption = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        metavar="TRACKER",
        help="Send figures, report and adapter to mlflow, mlflow=URI, tensorboard or trackio. Repeatable.",
    ),
]
TrackExamplesOption = Annotated[
    bool, typer.Option("--track-examples", help="Also send conversations and summaries to the trackers.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Continue from the newest checkpoint.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace another run in the run folder.")]
BeamsOption = Annotated[
    int | None,
    typer.Option(
        "--beams", min=1, help="Beams for this command; 1 is greedy search. Default: as in the last evaluation."
    ),
]


def worker_cores(cores: int | None, ray: str | None) -> int:
    """Return the cores of each worker.

    Raises:
        ConfigError: `cores` were given without a cluster.
    """
    if cores is not None and ray is None:
        raise ConfigError("--cores is for the workers of --ray.")
    return cores or WORKER_CORES
