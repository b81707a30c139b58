"""The Typer application: every command in the order in which `--help` lists them."""

from collections.abc import Callable
from inspect import getdoc
from typing import Annotated

import typer

from sumtune.cli import scoring, sharing, tuning, using
from sumtune.versions import version

__all__ = ["app"]

app = typer.Typer(
    name="sumtune",
    epilog="Start with: sumtune run   (embedded model and data, no network needed)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

EXAMPLES: dict[Callable[..., None], str] = {
    tuning.run: "Examples: sumtune run --preset fast --data chats.csv --run-dir runs/first   |   "
    "sumtune run --data chats.csv --within 45m --run-dir runs/lunch   |   "
    "sumtune run --data chats.csv --run-dir runs/chats --track tensorboard --track mlflow=http://localhost:5000",
    tuning.plan: "Examples: sumtune plan --data chats.csv   |   sumtune plan --data chats.csv --preset fast --json",
    tuning.check: "Example: sumtune check chats.csv",
    tuning.train: "Example: sumtune train --preset balanced --data chats/ --run-dir runs/second",
    tuning.search: "Examples: sumtune search --data chats.csv --trials 20 --preset fast --run-dir searches/chats   |   "
    "sumtune search --data chats.csv --trials 20 --workers 4 --run-dir searches/chats   |   "
    "sumtune search --data chats.csv --trials 20 --ray auto --cores 8 --run-dir searches/chats",
    scoring.evaluate: "Example: sumtune evaluate --run-dir runs/first --set decode.beams=1",
    scoring.compare: "Examples: sumtune compare runs/first runs/second   |   "
    "sumtune compare runs/first runs/second --html comparison.html",
    scoring.diagnose: "Examples: sumtune diagnose --run-dir runs/first   |   "
    "sumtune diagnose outputs.csv   |   "
    "sumtune diagnose generated_predictions.txt --references test.csv   |   "
    "sumtune diagnose outputs.csv --trainer-state model/trainer_state.json   |   "
    "sumtune diagnose --trainer-state losses.csv",
    using.summarize: "Examples: sumtune summarize chat.txt   |   cat chat.txt | sumtune summarize",
    using.convert: "Example: sumtune convert slack.zip --output chats.jsonl",
    using.serve: "Example: sumtune serve --run-dir runs/first --adapter short=runs/short --port 8080",
    sharing.report: "Examples: sumtune report --run-dir runs/first   |   "
    "sumtune report --run-dir runs/first --no-examples --output share.html",
    sharing.runs: "Examples: sumtune runs   |   sumtune runs runs --json",
    sharing.export: "Examples: sumtune export --to merged --output exports/chats --run-dir runs/first   |   "
    "sumtune export --to ctranslate2 --output exports/chats-ct2 --run-dir runs/first",
    sharing.push: "Example: sumtune push ann/chats --private --run-dir runs/first",
    using.clean: "Example: sumtune clean --run-dir runs/first",
    using.doctor: "Examples: sumtune doctor   |   sumtune doctor --json",
}


def _description(command: Callable[..., None]) -> str:
    """Return the docstring with one line per paragraph; Typer would break its lines where the source does."""
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in (getdoc(command) or "").split("\n\n"))


for command, examples in EXAMPLES.items():
    app.command(help=_description(command), epilog=examples)(command)


def _show_version(requested: bool) -> None:
    if requested:
        print(f"sumtune {version('sumtune')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tune, measure and serve a summarizer of your own conversations, on your own machine."""
