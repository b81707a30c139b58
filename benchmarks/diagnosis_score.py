"""Measures where the thresholds of `score_unexplained` lie against clean outputs of several systems and sizes.

Run: python benchmarks/diagnosis_score.py [--data samsum.jsonl …] [--predictions run/predictions.jsonl …]

Each system is compared with lead-3 and, if it is of a run with a base model, with the base model. Then two systems of
the same quality are compared with each other: both write the reference with a part of its words replaced by words of
the dialogue. Random samples of each size are drawn; the last column is the share of samples whose difference is below
the threshold, with its 95% interval below zero.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from diagnosis_clean import Pairs, languages, outputs_of, read_pairs, systems
from diagnosis_speed import prediction
from numpy.typing import NDArray

from sumtune.data.embedded import embedded_pairs
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.score import FAR_BELOW_BASE
from sumtune.evaluate.baselines import lead_3
from sumtune.evaluate.bootstrap import paired

SIZES = (40, 200, 0)
"""Numbers of rows; 0 for all."""
SAMPLES = 200
RESAMPLES = 2_000


def main() -> None:
    """Print a line for each comparison and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="*", type=Path, default=[], help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--predictions", nargs="*", type=Path, default=[], help="files that `sumtune diagnose` reads")
    given = parser.parse_args()
    print(f"{'difference':52s} rows    mean  lowest  below the threshold")
    for name, differences, threshold in comparisons(given.data, given.predictions):
        for size in (size for size in SIZES if size < len(differences)):
            show(name, differences, size or len(differences), threshold)


def comparisons(data: list[Path], predictions: list[Path]) -> Iterator[tuple[str, NDArray[np.float64], float]]:
    """Yield a name, the difference of ROUGE-1 in each row, and the threshold for its mean."""
    found = dict([*systems(data, predictions), *languages()])
    for name, outputs in found.items():
        if not name.endswith("lead-3"):
            yield f"{name} - lead-3", outputs.scores - leads(outputs).scores, 0.0
    for name, outputs in found.items():
        base = found.get(name.removesuffix("tuned") + "base")
        if name.endswith(" tuned") and base is not None:
            yield f"{name} - base", outputs.scores - base.scores, -FAR_BELOW_BASE
    embedded: Pairs = [pair for split in ("train", "validation", "test") for pair in embedded_pairs(split)]
    sets = {"embedded": embedded} | {f"{file.parent.name}/{file.stem}": read_pairs(file) for file in data}
    for name, pairs in sets.items():
        one, two = (made(pairs, random.Random(seed)) for seed in (1, 2))
        yield f"{name} one made system - another", one.scores - two.scores, -FAR_BELOW_BASE


def leads(outputs: Outputs) -> Outputs:
    """Return lead-3 for the same dialogues."""
    return outputs.with_predictions([lead_3(dialogue) for dialogue in outputs.dialogues or ()])


def made(pairs: Pairs, chance: random.Random) -> Outputs:
    """Return references with some words replaced."""
    return outputs_of(pairs, [prediction(dialogue, summary, chance) for dialogue, summary in pairs])


def show(name: str, differences: NDArray[np.float64], size: int, threshold: float) -> None:
    """Print how the mean difference of random samples of `size` rows lies to the threshold."""
    chance = np.random.default_rng(0)
    count = 1 if size == len(differences) else SAMPLES
    samples = [differences[chance.choice(len(differences), size, replace=False)] for _ in range(count)]
    means = np.array([sample.mean() for sample in samples])
    # Only a sample below the threshold needs an interval.
    below = [paired(sample, 0, RESAMPLES)[1] < 0 for sample in samples if sample.mean() < threshold]
    print(f"{name:52s} {size:4d} {means.mean():+7.3f} {means.min():+7.3f}  {sum(below)} of {count}", flush=True)


if __name__ == "__main__":
    main()
