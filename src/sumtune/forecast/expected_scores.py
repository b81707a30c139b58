"""The scores that a run is expected to reach, forecast from figures of its data and, if there is one, from a pilot."""

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path

from sumtune.config import Config
from sumtune.data.example_file import ExampleFile, load_jsonl
from sumtune.evaluate.evaluate_stage import chosen_examples
from sumtune.evaluate.rouge import Tokens, choose_tokens, judged_step
from sumtune.files.run_dir import RunDir
from sumtune.forecast.data_features import data_features
from sumtune.forecast.finished_runs import finished_runs, model_key
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.forecast.pilot import DEPTHS, pilot_decode, pilot_session, pilot_splits, run_pilot
from sumtune.forecast.score_bank import (
    BankRow,
    data_figures,
    pilot_figures,
    planned_steps,
    run_figures,
    shipped_bank,
)
from sumtune.forecast.score_forecast import ScoreForecast, forecast_scores
from sumtune.forecast.session_summarizer import live_summarizer
from sumtune.memory import free_memory
from sumtune.model import encode_stage

__all__ = ["PILOT_SHARE", "Beforehand", "affordable_depths", "bank_of", "beforehand", "expected_scores"]

PILOT_SHARE = 0.1
"""A run makes a pilot only if the pilot needs at most this share of the run's optimizer steps."""
VERSION = 2
"""Version of the figures in the cache."""


@dataclass(frozen=True)
class Beforehand:
    """What is known of a data set and a base model before a run."""

    figures: Mapping[str, float]
    depth: int | None
    """Optimizer steps of the pilot whose figures are included; None without a pilot."""


def bank_of(*, history: bool) -> tuple[BankRow, ...]:
    """Return the bank: the rows that come with the package and, with `history`, the user's own finished runs."""
    return shipped_bank() + (finished_runs() if history else ())


def affordable_depths(config: Config, run_dir: RunDir) -> tuple[int, ...]:
    """Return the depths of pilots that are short compared with the training of a run; there may be none."""
    examples = len(load_jsonl(run_dir.split("train")))
    steps = planned_steps(config, examples)
    return tuple(depth for depth in DEPTHS if depth <= PILOT_SHARE * steps)


def beforehand(config: Config, run_dir: RunDir, depths: Sequence[int] = (), limit_s: float = math.inf) -> Beforehand:
    """Return what the data in `run_dir` and, given `depths`, a pilot (a short training) show.

    The pilot takes at most `limit_s` seconds. `depths` are the numbers of optimizer steps after which the pilot is
    measured. Cached figures are used if their pilot took at least as many steps as the largest of `depths`. A pilot
    loads its own model, so call this while no other one is in memory; it frees its model.
    """
    for depth in (*reversed(DEPTHS), 0):
        cached = _cache(config, run_dir, depth).read()
        if cached is not None and depth >= max(depths, default=0):
            return Beforehand(cached, depth or None)
    splits = {name: load_jsonl(run_dir.split(name)) for name in ("train", "validation")}
    every = chain.from_iterable(splits.values())
    sample = islice(every, 0, None, judged_step(sum(map(len, splits.values()))))
    tokens = choose_tokens(config.evaluate.rouge_tokens, [one.summary for one in sample])
    figures, reached = data_figures(data_features(splits["train"], splits["validation"], tokens)), 0
    if depths:
        more, reached = _pilot(config, splits, tokens, depths, limit_s)
        figures |= more
        free_memory()
    _cache(config, run_dir, reached).write(figures)
    return Beforehand(figures, reached or None)


def _pilot(
    config: Config, splits: Mapping[str, ExampleFile], tokens: Tokens, depths: Sequence[int], limit_s: float
) -> tuple[dict[str, float], int]:
    """Return the figures of a pilot, and its optimizer steps."""
    learned, held_out = pilot_splits(splits["train"], splits["validation"])
    with tempfile.TemporaryDirectory(prefix="sumtune-pilot-") as folder:
        root = Path(folder)
        encoder = encode_stage.make_encoder(config.model)
        session = pilot_session(config.model, RunDir(root), learned, held_out, encoder)
        write = partial(live_summarizer, decode=pilot_decode(config.decode), folder=root / "adapter")
        pilot = run_pilot(session, held_out, tokens, write, depths, limit_s)
    return pilot_figures(pilot), pilot.points[-1].steps


def _cache(config: Config, run_dir: RunDir, depth: int) -> MeasurementCache:
    files = [run_dir.split("train"), run_dir.split("validation")]
    settings = config.model_dump(include={"model": True, "evaluate": {"rouge_tokens"}})
    return MeasurementCache.of(files, (VERSION, settings, depth, DEPTHS))


def expected_scores(
    config: Config, run_dir: RunDir, known: Beforehand, bank: Sequence[BankRow], read: int | None = None
) -> ScoreForecast:
    """Return the expected scores of a run with `config` on the data in `run_dir`.

    `read` is the number of training examples that the run reads, by default all. If the bank has too few runs with a
    pilot, the scores rest on the figures of the data alone.
    """
    if config.rank.candidates:
        return ScoreForecast({}, known.depth, "learning to rank has not been measured")
    examples, scored = len(load_jsonl(run_dir.split("train"))), len(chosen_examples(config, run_dir)[1])
    figures = {**known.figures, **run_figures(config, min(examples, read or examples), scored)}
    model = model_key(config.model.name, config.model.revision)
    found = forecast_scores(bank, model, figures, known.depth)
    return found if found.scores or known.depth is None else forecast_scores(bank, model, figures, None)
