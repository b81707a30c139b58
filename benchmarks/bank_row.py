"""One row of bank.py: a run from its examples to its scores, as numbers."""

import copy
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from bank_lists import BankRun

from sumtune.config import Config, DecodeConfig
from sumtune.data.embedded import embedded_files
from sumtune.data.example import Example, dump_jsonl
from sumtune.data.split import order, select_share
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.torch import TorchSummarizer
from sumtune.evaluate import rouge
from sumtune.evaluate.rouge import ROUGE_METRICS, Tokens, choose_tokens
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir
from sumtune.forecast.data_features import data_features
from sumtune.forecast.pilot import DEPTHS, pilot_decode, pilot_session, pilot_splits, run_pilot
from sumtune.model import encode_stage
from sumtune.model.locate import locate
from sumtune.model.lora import save_adapter
from sumtune.model.merge import load_merged
from sumtune.summarizer import Summarizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt
from sumtune.train import session as training
from sumtune.train.event_log import Event
from sumtune.train.session import Session

__all__ = ["Place", "make_row"]

BEAMS = (1, 4)
"""Each adapter is scored with greedy search and with beam search."""
MOST_SCORED, MOST_VALIDATED, VALIDATED = 192, 40, 8
"""Most examples that are scored and that validate; of so many training examples, one more validates."""
CURVE_PARTS = 8
NO_LIMIT = 10**9


@dataclass(frozen=True)
class Place:
    """Where runs compute, and what they read."""

    model: str
    device: str
    folders: dict[str, str]
    """Folders of JSONL files with `dialogue` and `summary`, by name of the data set."""
    work: str | None
    most_scored: int = MOST_SCORED
    settings: tuple[str, ...] = ()
    """Settings of every run."""
    depths: tuple[int, ...] = DEPTHS


def make_row(run: BankRun, place: Place) -> dict[str, object]:
    """Train and score one run; return its figures.

    Raises:
        ValueError: the data set has too few examples.
    """
    begun = time.monotonic()
    config = BankRun(run.data, run.examples, run.preset, run.seed, (*place.settings, *run.settings)).config(
        place.model, place.device
    )
    splits = chosen_examples(run, place)
    tokens = choose_tokens("auto", [example.summary for example in splits["test"]])
    encoder = shared_encoder(config.model.model_dump_json())
    with tempfile.TemporaryDirectory(dir=place.work) as folder:
        root = Path(folder)
        row = {
            "key": run.key, "data": run.source, "preset": run.preset, "seed": run.seed, "model": place.model,
            "examples": len(splits["train"]), "validation": len(splits["validation"]), "scored": len(splits["test"]),
            "features": asdict(data_features(splits["train"], splits["validation"], tokens)),
            "pilot": pilot_figures(config, splits, encoder, tokens, root / "pilot", place),
        }  # fmt: skip
        splits["train"] = select_share(splits["train"], config.data.train_share)
        row |= training_figures(config, splits, encoder, tokens, RunDir(root / "run"))
    return row | {"device": place.device, "seconds": time.monotonic() - begun}


def chosen_examples(run: BankRun, place: Place) -> dict[str, list[Example]]:
    """Return the splits of a run. Its seed shuffles the data set; a larger run contains a smaller one."""
    pool = list(all_examples(run.source, place.folders.get(run.source)))
    if (half := run.data.partition(":")[2]) in ("short", "long"):
        median = statistics.median(len(example.dialogue) for example in pool)
        pool = [example for example in pool if (len(example.dialogue) <= median) == (half == "short")]
    random.Random(run.seed).shuffle(pool)
    scored = min(place.most_scored, len(pool) // 4)
    validated = min(MOST_VALIDATED, max(4, run.examples // VALIDATED))
    if len(pool) < scored + validated + run.examples:
        raise ValueError(f"{run.key}: {len(pool)} examples are too few")
    first, last = scored + validated, scored + validated + run.examples
    return {"test": pool[:scored], "validation": order(pool[scored:first]), "train": order(pool[first:last])}


@cache
def all_examples(name: str, folder: str | None) -> tuple[Example, ...]:
    """Return every dialogue of a data set once, in an order that does not depend on the files."""
    files = sorted(Path(folder).glob("*.jsonl")) if folder else list(embedded_files().values())
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    rows = enumerate(map(json.loads, lines), 1)
    examples = [Example(f"{name}-{at}", row["dialogue"], row["summary"], name, at) for at, row in rows]
    return tuple({example.fingerprint: example for example in order(examples)}.values())


@cache
def shared_encoder(model_json: str) -> Encoder:
    """Return the encoder of model settings; a process loads it once for all runs."""
    return encode_stage.make_encoder(Config().model.model_validate_json(model_json))


def pilot_figures(
    config: Config,
    splits: dict[str, list[Example]],
    encoder: Encoder,
    tokens: Tokens,
    root: Path,
    place: Place,
) -> dict[str, object]:
    """Return what a pilot on the training and validation examples measures."""
    learned, held_out = pilot_splits(splits["train"], splits["validation"])
    session = pilot_session(config.model, RunDir(root), learned, held_out, encoder)
    greedy = pilot_decode(config.decode)

    def write(now: Session) -> Summarizer:
        if place.device == "cpu":
            from sumtune.forecast.session_summarizer import live_summarizer  # its engines need not run on a GPU

            return live_summarizer(now, greedy, root / "adapter")
        return gpu_summarizer(now, greedy, root / "adapter", encoder)

    return asdict(run_pilot(session, held_out, tokens, write, place.depths))


def training_figures(
    config: Config, splits: dict[str, list[Example]], encoder: Encoder, tokens: Tokens, run_dir: RunDir
) -> dict[str, object]:
    """Train, then score the test examples greedily and with beams."""
    for name, examples in splits.items():
        write_text(run_dir.split(name), dump_jsonl(examples))
    config = config.model_copy(
        update={"train": config.train.model_copy(update={"validate_every_steps": NO_LIMIT, "result": "last"})}
    )
    encode_stage.run(config, run_dir, lambda: encoder)
    session = training.prepare(config, run_dir)
    events: list[Event] = []
    state = training.fit(session, events.append)
    losses = [event["loss"] for event in events if event["event"] == "step"]
    row: dict[str, object] = {
        "trained": len(splits["train"]), "epochs": config.train.epochs, "steps": state.step,
        "learning_rate": config.train.learning_rate, "rank": config.lora.rank,
        "all_linear": config.lora.target_modules == ("all-linear",), "beams": config.decode.beams,
        "parameters": session.trainable_parameters, "training_s": state.elapsed_s,
        "target_tokens": statistics.mean(len(example.target) for example in session.examples),
        "source_tokens": statistics.mean(len(example.source) for example in session.examples),
        "curve": [statistics.mean(part) for part in parts_of(losses)],
        "validation_losses": [event["loss"] for event in events if event["event"] == "validation"],
    }  # fmt: skip
    begun = time.monotonic()
    for beams in BEAMS:
        decode = config.decode.model_copy(update={"beams": beams})
        summarizer = summarizer_of(session, decode, run_dir.root / "adapter", encoder)
        row[f"beam_{beams}"] = score(summarizer, splits["test"], tokens)
    return row | {"evaluation_s": time.monotonic() - begun}


def parts_of(losses: Sequence[float]) -> list[Sequence[float]]:
    """Return at most `CURVE_PARTS` parts of `losses` of about the same length."""
    count = min(CURVE_PARTS, len(losses))
    return [losses[len(losses) * at // count : len(losses) * (at + 1) // count] for at in range(count)]


def score(summarizer: Summarizer, examples: Sequence[Example], tokens: Tokens) -> dict[str, float]:
    """Return the mean and the standard deviation over examples of each score."""
    written = summarizer.summarize([example.dialogue for example in examples])
    scores = [rouge.score(w.text, e.summary, tokens) for w, e in zip(written, examples, strict=True)]
    columns = {metric: [getattr(one, metric) for one in scores] for metric in ROUGE_METRICS}
    return {metric: statistics.mean(column) for metric, column in columns.items()} | {
        f"{metric}_sd": statistics.stdev(column) for metric, column in columns.items()
    } | {"tokens": statistics.mean(one.tokens for one in written)}  # fmt: skip


def summarizer_of(session: Session, decode: DecodeConfig, folder: Path, encoder: Encoder) -> Summarizer:
    """Return the summarizer of the averaged weights: on a GPU torch, otherwise the engine of `sumtune run`."""
    if session.loss_fn.device.type == "cpu":
        from sumtune.forecast.session_summarizer import session_summarizer  # its engines need not run on a GPU

        return session_summarizer(session, decode, folder)
    return gpu_summarizer(session, decode, folder, encoder)


def gpu_summarizer(session: Session, decode: DecodeConfig, folder: Path, encoder: Encoder) -> Summarizer:
    """Return the torch summarizer of the merged weights, without the packages that the other engines need."""
    save_adapter(session.adapted, session.master_weights.average, folder)
    source = locate(session.config.model.name, session.config.model.revision)
    model = load_merged(source.folder, folder, session.precision.dtype, session.loss_fn.device)
    own = copy.copy(encoder)
    own.prompt = Prompt.load(session.run_dir.transformation)
    return TorchSummarizer(model, own, search=SearchSettings.of(decode, own.prompt), batch_tokens=decode.batch_tokens)
