"""Fail if predictions score too low, and say why: python examples/score_gate.py outputs.jsonl 0.4."""

import json
import sys
from pathlib import Path

import sumtune


def main(file: Path, least: float) -> None:
    """Score the `prediction` of each line against its `reference`; exit with 1 if ROUGE-1 is surely below `least`."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    predictions, references = [row["prediction"] for row in rows], [row["reference"] for row in rows]
    scores = sumtune.score(predictions, references)
    print(f"ROUGE-1 {scores.rouge1} over {scores.n} examples; {scores.signature}")
    if scores.rouge1.high < least:
        print(sumtune.diagnose(predictions=predictions, references=references))
        sys.exit(1)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), float(sys.argv[2]))
    except sumtune.SumtuneError as error:
        sys.exit(str(error))
