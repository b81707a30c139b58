"""Read and write a scorecard: `predictions.jsonl`, `scores.json` and CSV files in the run folder."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sumtune.errors import RunDirError
from sumtune.evaluate.faithfulness import MEASURES, Faithfulness
from sumtune.evaluate.overlap import METRICS, Overlap
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.evaluate.scorecard import (
    TUNED,
    Estimate,
    ReferenceAgreement,
    Scorecard,
    ScoredExample,
    ScoredPrediction,
    Signature,
    SystemScores,
)
from sumtune.evaluate.style_scores import scores_by_style
from sumtune.files.atomic import new_folder, write_text
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import up_to_date, write_manifest
from sumtune.text.claims.check import Inconsistency

__all__ = ["FORMAT", "load_scorecard", "load_scorecard_if_current", "read_prediction_rows", "write_scorecard"]

FORMAT = 5
"""Version of the file format; raise it when the format changes. Scores in another version are recomputed."""

METRICS_CSV = "metrics.csv"
STYLES_CSV = "metrics_by_style.csv"
"""Exists if the scored examples have styles."""


def write_scorecard(scorecard: Scorecard, run_dir: RunDir, made_from: str = "") -> None:
    """Replace the folder of scores in one step; `made_from` is the fingerprint of what was scored."""
    with new_folder(run_dir.evaluation) as folder:
        lines = (json.dumps(_example_row(example), ensure_ascii=False) + "\n" for example in scorecard.examples)
        (folder / "predictions.jsonl").write_bytes("".join(lines).encode())
        write_record(folder / "scores.json", _scores(scorecard))
        (folder / METRICS_CSV).write_bytes(_metrics_csv(scorecard).encode())
        if by_style := _styles_csv(scorecard):
            (folder / STYLES_CSV).write_bytes(by_style.encode())
        # People edit metrics.csv in other programs, and it can be rebuilt from the other files.
        write_manifest(folder, {"fingerprint": made_from}, leave_out=(METRICS_CSV, STYLES_CSV))


def load_scorecard_if_current(run_dir: RunDir, made_from: str) -> Scorecard | None:
    """Return the scorecard in the run folder; None if it was computed from other inputs or is damaged.

    Rewrites `metrics.csv` if it has changed.
    """
    if not up_to_date(run_dir.evaluation, made_from):
        return None
    try:
        scorecard = load_scorecard(run_dir)
    except RunDirError:
        return None
    csv, wanted = run_dir.evaluation / METRICS_CSV, _metrics_csv(scorecard)
    if not csv.exists() or csv.read_bytes() != wanted.encode():
        write_text(csv, wanted)
    return scorecard


def load_scorecard(run_dir: RunDir) -> Scorecard:
    """Return the scorecard that `write_scorecard` saved in the run folder.

    Raises:
        RunDirError: there are no scores, or the files are damaged or of another version.
    """
    scores = find_record(run_dir.require(run_dir.evaluation / "scores.json", "evaluate")) or {}
    try:
        examples = tuple(_read_example(row) for row in read_prediction_rows(run_dir))
        systems = {name: _read_system(row) for name, row in scores["systems"].items()}
        reference_agreement = _read_reference_agreement(scores["references"]) if scores["references"] else None
        return Scorecard(Signature(**scores["signature"]), systems, reference_agreement, examples, scores["elapsed_s"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunDirError(
            f"The scores in {run_dir.evaluation} are damaged or of another version: {run_dir.remedy('evaluate')}"
        ) from None


def read_prediction_rows(run_dir: RunDir) -> list[dict[str, Any]]:
    """Return the rows of `predictions.jsonl`, one per example.

    Raises:
        RunDirError: the file is missing or damaged.
    """
    path = run_dir.require(run_dir.evaluation / "predictions.jsonl", "evaluate")
    try:
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        rows = [None]
    if not all(isinstance(row, dict) for row in rows):
        raise RunDirError(f"{path} is damaged: {run_dir.remedy('evaluate')}")
    return rows


def _metrics_csv(scorecard: Scorecard) -> str:
    tuned = scorecard.systems[TUNED].metrics
    row = ",".join(f"{tuned[metric].mean:.6f}" for metric in ROUGE_METRICS)
    return f"{','.join(ROUGE_METRICS)}\n{row}\n"


def _styles_csv(scorecard: Scorecard) -> str:
    """Return the tuned model's mean scores by style as CSV; "" if the examples have no styles."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["style", "n", *METRICS])
    found = scores_by_style(scorecard)
    writer.writerows([style, n, *(f"{means[metric]:.6f}" for metric in METRICS)] for style, (n, means) in found.items())
    return table.getvalue() if found else ""


def _example_row(example: ScoredExample) -> dict[str, Any]:
    systems = {name: _prediction_row(prediction, example) for name, prediction in example.systems.items()}
    row: dict[str, Any] = {"id": example.id, "dialogue": example.dialogue, "reference": example.references[0]}
    if len(example.references) > 1:
        row["references"] = example.references
    if example.style:
        row["style"] = example.style
    return row | {"systems": systems}


def _prediction_row(prediction: ScoredPrediction, example: ScoredExample) -> dict[str, Any]:
    row: dict[str, Any] = {"prediction": prediction.text, **asdict(prediction.scores)}
    if len(example.references) > 1:
        row["mean_over_references"] = asdict(prediction.mean_scores)
    row |= asdict(prediction.measures)
    if prediction.tokens is not None:
        row |= {"tokens": prediction.tokens, "cut_off": prediction.cut_off}
    if prediction.inconsistencies:
        row["inconsistencies"] = [asdict(one) for one in prediction.inconsistencies]
    return row


def _read_example(row: Mapping[str, Any]) -> ScoredExample:
    systems = {name: _read_prediction(entry) for name, entry in row["systems"].items()}
    references = tuple(row.get("references", [row["reference"]]))
    return ScoredExample(row["id"], row["dialogue"], references, systems, row.get("style", ""))


def _read_prediction(row: Mapping[str, Any]) -> ScoredPrediction:
    scores = Overlap(**{metric: row[metric] for metric in METRICS})
    mean_scores = Overlap(**row["mean_over_references"]) if "mean_over_references" in row else scores
    measures = Faithfulness(**{name: row[name] for name in MEASURES})
    found = tuple(Inconsistency(**one) for one in row.get("inconsistencies", ()))
    return ScoredPrediction(
        row["prediction"], scores, mean_scores, measures, row.get("tokens"), row.get("cut_off"), found
    )


def _scores(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "split": scorecard.signature.split,
        "n": scorecard.signature.n,
        "elapsed_s": scorecard.elapsed_s,
        "systems": {name: _system_row(scores) for name, scores in scorecard.systems.items()},
        "references": asdict(scorecard.reference_agreement) if scorecard.reference_agreement else None,
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


def _read_reference_agreement(row: Mapping[str, Any]) -> ReferenceAgreement:
    return ReferenceAgreement(row["n"], _read_estimates(row["metrics"]), _read_estimates(row["mean_metrics"]))


def _read_estimates(rows: Mapping[str, Mapping[str, float]]) -> dict[str, Estimate]:
    return {name: Estimate(**row) for name, row in rows.items()}
