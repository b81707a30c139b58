"""Systems scored side by side on the same examples, with all that is needed to read the numbers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from sumtune.data.example import Example
from sumtune.evaluate import rouge
from sumtune.evaluate.bootstrap import LEVEL, RESAMPLES, interval
from sumtune.evaluate.rouge import METRICS, Rouge
from sumtune.run_dir import RunDir, write_json, write_text
from sumtune.summarizer import Completion

__all__ = [
    "BASE",
    "TUNED",
    "Estimate",
    "Scorecard",
    "ScoredExample",
    "ScoredPrediction",
    "Signature",
    "SystemScores",
    "load",
    "score_systems",
    "spread",
    "write",
]

TUNED = "tuned"
BASE = "base"

Predictions = Sequence[Completion | str]
"""What one system wrote, in the order of the examples: completions of a model, or texts of a baseline."""

_PACKAGES = ("sumtune", "rouge-score", "ctranslate2", "transformers", "torch")


@dataclass(frozen=True)
class Estimate:
    """A mean over examples and the ends of its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SystemScores:
    """One system over all examples."""

    metrics: Mapping[str, Estimate]
    """One for each of `METRICS`."""
    mean_words: float
    """Words of a prediction, between white space."""
    share_empty: float
    share_cut_off: float | None
    """Share that reached the limit of generation; None for a system that does not generate."""
    generation_s: float | None = None
    """Seconds it took to generate, loading not included; None for a system that does not generate."""


@dataclass(frozen=True)
class ScoredPrediction:
    """One prediction and its scores; tokens and cut-off are None for a system that does not generate."""

    text: str
    scores: Rouge
    tokens: int | None
    cut_off: bool | None


@dataclass(frozen=True)
class ScoredExample:
    """One example and what each system made of it."""

    id: str
    dialogue: str
    reference: str
    systems: Mapping[str, ScoredPrediction]


@dataclass(frozen=True)
class Signature:
    """All that another number must share to be comparable with these."""

    split: str
    n: int
    rouge: str
    stemmer: bool
    sentence_splitting: str
    """Regular expression of what stands between two sentences."""
    decoding: Mapping[str, Any]
    engines: Mapping[str, str]
    """Engine and number format of each system that generates."""
    precision: str
    seed: int
    """Of the bootstrap."""
    resamples: int
    level: float
    versions: Mapping[str, str | None]
    """None for a package that is not installed."""


@dataclass(frozen=True)
class Scorecard:
    """Every system's scores, example by example and over all, in the order the systems were given."""

    signature: Signature
    systems: Mapping[str, SystemScores]
    examples: tuple[ScoredExample, ...]


def score_systems(
    examples: Sequence[Example],
    predictions: Mapping[str, Predictions],
    *,
    split: str,
    decoding: Mapping[str, Any],
    engines: Mapping[str, str],
    precision: str,
    seed: int,
    generation_s: Mapping[str, float] | None = None,
) -> Scorecard:
    """The scorecard of the systems in `predictions`, among them `tuned`; `generation_s` are seconds by system.

    Raises:
        ValueError: there is no example, no tuned system, or a system without a prediction for each example.
    """
    _check(examples, predictions)
    scored = {name: _score(examples, texts) for name, texts in predictions.items()}
    return Scorecard(
        signature=Signature(
            split=split,
            n=len(examples),
            rouge=rouge.signature(),
            stemmer=True,
            sentence_splitting=rouge.SENTENCE_END,
            decoding=dict(decoding),
            engines=dict(engines),
            precision=precision,
            seed=seed,
            resamples=RESAMPLES,
            level=LEVEL,
            versions={package: _version(package) for package in _PACKAGES},
        ),
        # Every system sees the same resamples: the generator starts anew.
        systems={
            name: replace(_summarize(scores, np.random.default_rng(seed)), generation_s=(generation_s or {}).get(name))
            for name, scores in scored.items()
        },
        examples=tuple(
            ScoredExample(
                example.id,
                example.dialogue,
                example.summary,
                {name: scores[place] for name, scores in scored.items()},
            )
            for place, example in enumerate(examples)
        ),
    )


def spread(scorecard: Scorecard, count: int) -> list[ScoredExample]:
    """At most `count` examples, from a low to a high tuned ROUGE-1: the middle one of each of `count` equal parts."""
    ordered = sorted(scorecard.examples, key=lambda example: (example.systems[TUNED].scores.rouge1, example.id))
    count = min(count, len(ordered))
    return [ordered[(2 * part + 1) * len(ordered) // (2 * count)] for part in range(count)]


def write(scorecard: Scorecard, run_dir: RunDir) -> None:
    """Writes `predictions.jsonl`, `scores.json` and, as the sign that both are whole, `metrics.csv`."""
    metrics_csv = run_dir.evaluation / "metrics.csv"
    metrics_csv.unlink(missing_ok=True)  # an old sign must not stand beside new files
    lines = (json.dumps(_example_row(example), ensure_ascii=False) + "\n" for example in scorecard.examples)
    write_text(run_dir.evaluation / "predictions.jsonl", "".join(lines))
    write_json(run_dir.evaluation / "scores.json", _scores(scorecard))
    tuned = scorecard.systems[TUNED].metrics
    row = ",".join(f"{tuned[metric].mean:.6f}" for metric in METRICS)
    write_text(metrics_csv, f"{','.join(METRICS)}\n{row}\n")


def load(run_dir: RunDir) -> Scorecard:
    """The scorecard that `write` left in the run folder."""
    scores = json.loads((run_dir.evaluation / "scores.json").read_text(encoding="utf-8"))
    with (run_dir.evaluation / "predictions.jsonl").open(encoding="utf-8") as lines:
        examples = tuple(_read_example(json.loads(line)) for line in lines)
    systems = {name: _read_system(row) for name, row in scores["systems"].items()}
    return Scorecard(Signature(**scores["signature"]), systems, examples)


def _read_example(row: Mapping[str, Any]) -> ScoredExample:
    systems = {name: _read_prediction(entry) for name, entry in row["systems"].items()}
    return ScoredExample(row["id"], row["dialogue"], row["reference"], systems)


def _read_prediction(row: Mapping[str, Any]) -> ScoredPrediction:
    scores = Rouge(**{metric: row[metric] for metric in METRICS})
    return ScoredPrediction(row["prediction"], scores, row.get("tokens"), row.get("cut_off"))


def _read_system(row: Mapping[str, Any]) -> SystemScores:
    metrics = {metric: Estimate(**row[metric]) for metric in METRICS}
    rest = ("mean_words", "share_empty", "share_cut_off", "generation_s")
    return SystemScores(metrics, **{name: row[name] for name in rest})


def _check(examples: Sequence[Example], predictions: Mapping[str, Predictions]) -> None:
    if not examples:
        raise ValueError("expected at least one example to score")
    if TUNED not in predictions:
        raise ValueError(f"expected a system {TUNED!r} among {list(predictions)!r}")
    for name, texts in predictions.items():
        if len(texts) != len(examples):
            raise ValueError(f"system {name!r} has {len(texts)} predictions for {len(examples)} examples")


def _score(examples: Sequence[Example], predictions: Predictions) -> list[ScoredPrediction]:
    return [_score_one(item, example.summary) for item, example in zip(predictions, examples, strict=True)]


def _score_one(item: Completion | str, reference: str) -> ScoredPrediction:
    if isinstance(item, str):
        return ScoredPrediction(item, rouge.score(item, reference), None, None)
    return ScoredPrediction(item.text, rouge.score(item.text, reference), item.tokens, item.cut_off)


def _summarize(predictions: Sequence[ScoredPrediction], generator: np.random.Generator) -> SystemScores:
    scores = [prediction.scores for prediction in predictions]
    low, high = interval(rouge.as_array(scores), generator)
    ends = zip(METRICS, astuple(rouge.mean(scores)), low.tolist(), high.tolist(), strict=True)
    cut_offs = [prediction.cut_off for prediction in predictions if prediction.cut_off is not None]
    words = [len(prediction.text.split()) for prediction in predictions]
    return SystemScores(
        metrics={metric: Estimate(mean, low, high) for metric, mean, low, high in ends},
        mean_words=sum(words) / len(words),
        share_empty=words.count(0) / len(words),
        share_cut_off=sum(cut_offs) / len(cut_offs) if cut_offs else None,
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _example_row(example: ScoredExample) -> dict[str, Any]:
    systems = {name: _prediction_row(prediction) for name, prediction in example.systems.items()}
    return {"id": example.id, "dialogue": example.dialogue, "reference": example.reference, "systems": systems}


def _prediction_row(prediction: ScoredPrediction) -> dict[str, Any]:
    row = {"prediction": prediction.text, **asdict(prediction.scores)}
    if prediction.tokens is not None:
        row |= {"tokens": prediction.tokens, "cut_off": prediction.cut_off}
    return row


def _scores(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "split": scorecard.signature.split,
        "n": scorecard.signature.n,
        "systems": {name: _system_row(scores) for name, scores in scorecard.systems.items()},
        "signature": asdict(scorecard.signature),
    }


def _system_row(scores: SystemScores) -> dict[str, Any]:
    row = asdict(scores)
    return {**row.pop("metrics"), **row}
