"""A scorecard as files of the run folder: `predictions.jsonl`, `scores.json` and `metrics.csv`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sumtune.evaluate.faithfulness import MEASURES, Faithfulness
from sumtune.evaluate.rouge import METRICS, Rouge
from sumtune.evaluate.scorecard import (
    TUNED,
    Estimate,
    Scorecard,
    ScoredExample,
    ScoredPrediction,
    Signature,
    SystemScores,
    UpperMark,
)
from sumtune.files.atomic import write_json, write_text
from sumtune.files.run_dir import RunDir

__all__ = ["FORMAT", "load", "write"]

FORMAT = 3
"""Goes up when what these files hold changes; files of another format are made anew."""


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
    """The scorecard that `write` left in the run folder.

    Raises:
        RunDirError: nothing was scored there.
        ValueError, KeyError, TypeError: the files are of another format.
    """
    path = run_dir.require(run_dir.evaluation / "scores.json", "evaluate")
    scores = json.loads(path.read_text(encoding="utf-8"))
    with (run_dir.evaluation / "predictions.jsonl").open(encoding="utf-8") as lines:
        examples = tuple(_read_example(json.loads(line)) for line in lines)
    systems = {name: _read_system(row) for name, row in scores["systems"].items()}
    upper_mark = _read_upper_mark(scores["references"]) if scores["references"] else None
    return Scorecard(Signature(**scores["signature"]), systems, upper_mark, examples, scores["elapsed_s"])


def _example_row(example: ScoredExample) -> dict[str, Any]:
    systems = {name: _prediction_row(prediction, example) for name, prediction in example.systems.items()}
    row: dict[str, Any] = {"id": example.id, "dialogue": example.dialogue, "reference": example.references[0]}
    if len(example.references) > 1:
        row["references"] = example.references
    return row | {"systems": systems}


def _prediction_row(prediction: ScoredPrediction, example: ScoredExample) -> dict[str, Any]:
    row: dict[str, Any] = {"prediction": prediction.text, **asdict(prediction.scores)}
    if len(example.references) > 1:
        row["mean_over_references"] = asdict(prediction.mean_scores)
    row |= asdict(prediction.measures)
    if prediction.tokens is not None:
        row |= {"tokens": prediction.tokens, "cut_off": prediction.cut_off}
    return row


def _read_example(row: Mapping[str, Any]) -> ScoredExample:
    systems = {name: _read_prediction(entry) for name, entry in row["systems"].items()}
    references = tuple(row.get("references", [row["reference"]]))
    return ScoredExample(row["id"], row["dialogue"], references, systems)


def _read_prediction(row: Mapping[str, Any]) -> ScoredPrediction:
    scores = Rouge(**{metric: row[metric] for metric in METRICS})
    mean_scores = Rouge(**row["mean_over_references"]) if "mean_over_references" in row else scores
    measures = Faithfulness(**{name: row[name] for name in MEASURES})
    return ScoredPrediction(row["prediction"], scores, mean_scores, measures, row.get("tokens"), row.get("cut_off"))


def _scores(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "split": scorecard.signature.split,
        "n": scorecard.signature.n,
        "elapsed_s": scorecard.elapsed_s,
        "systems": {name: _system_row(scores) for name, scores in scorecard.systems.items()},
        "references": asdict(scorecard.upper_mark) if scorecard.upper_mark else None,
        "signature": asdict(scorecard.signature),
    }


def _system_row(scores: SystemScores) -> dict[str, Any]:
    row = asdict(scores)
    return {**row.pop("metrics"), **row}


def _read_system(row: Mapping[str, Any]) -> SystemScores:
    return SystemScores(
        metrics=_read_estimates({metric: row[metric] for metric in METRICS}),
        mean_metrics=_read_estimates(row["mean_metrics"]) if row["mean_metrics"] else None,
        measures=_read_estimates(row["measures"]),
        generation_s=row["generation_s"],
    )


def _read_upper_mark(row: Mapping[str, Any]) -> UpperMark:
    return UpperMark(row["n"], _read_estimates(row["metrics"]), _read_estimates(row["mean_metrics"]))


def _read_estimates(rows: Mapping[str, Mapping[str, float]]) -> dict[str, Estimate]:
    return {name: Estimate(**row) for name, row in rows.items()}
