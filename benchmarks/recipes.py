"""Measures settings over seeds and folds: complete runs, several at a time, with paired intervals.

Run: python benchmarks/recipes.py --out DIR --work /dev/shm/recipes --workers 12 --device cuda
       --recipe best:best --recipe quality:quality --recipe two:quality,train.learning_rate=6e-4,train.epochs=2
       --data samsum=DIR --seeds 3 --folds dialogsum=dev.jsonl [--model FILE] [--stop-after 500]

The first recipe is compared with each other one. A data folder is run once for each seed; a file of `--folds` is cut
into five parts, each scored by a run on the other four. `--out` gets scores, predictions and logs of each run; runs
that it has are not repeated. With `--report`, nothing runs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

METRICS = ("rouge1", "rouge2", "rougeL")
MEASURES = ("unsupported", "inconsistent", "repetition", "length_ratio")
FOLDS = 5


@dataclass(frozen=True)
class Job:
    """One run."""

    recipe: str
    preset: str
    settings: tuple[str, ...]
    source: str
    data: Path
    seed: int

    @property
    def name(self) -> str:
        """File name of its results."""
        return f"{self.source}-{self.recipe}-{self.seed}"


def main() -> None:
    """Run what is missing, then compare."""
    given = parsed()
    given.out.mkdir(parents=True, exist_ok=True)
    todo = [job for job in jobs(given) if not (given.out / f"{job.name}.scores.json").exists()]
    begun = time.monotonic()

    def start(job: Job) -> None:
        if time.monotonic() - begun < given.stop_after:
            run(job, given)

    if not given.report:
        with ThreadPoolExecutor(given.workers) as pool:
            list(pool.map(start, todo))
    report(given)


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder for runs")
    parser.add_argument("--recipe", action="append", required=True, metavar="NAME:PRESET[,KEY=VALUE…]")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--folds", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--stop-after", type=float, default=float("inf"), help="seconds after which no run begins")
    parser.add_argument("--report", action="store_true", help="only compare")
    return parser.parse_args()


def jobs(given: argparse.Namespace) -> list[Job]:
    """Return all runs, those of the data folders first."""
    recipes = []
    for text in given.recipe:
        name, _, rest = text.partition(":")
        preset, *settings = rest.split(",")
        recipes.append((name, preset, tuple(settings)))
    found = []
    for source, _, folder in (text.partition("=") for text in given.data):
        found += [Job(*recipe, source, Path(folder), seed) for recipe in recipes for seed in range(given.seeds)]
    for source, _, file in (text.partition("=") for text in given.folds):
        folds = cut(Path(file), given.work / source)
        found += [Job(*recipe, source, fold, at) for recipe in recipes for at, fold in enumerate(folds)]
    return found


def cut(file: Path, target: Path) -> list[Path]:
    """Write each fold of `file` as a folder with a training and a validation split."""
    lines, folders = file.read_text(encoding="utf-8").splitlines(), []
    for fold in range(FOLDS):
        folder = target / str(fold)
        folder.mkdir(parents=True, exist_ok=True)
        for name, held_out in (("train", False), ("validation", True)):
            rows = [line for at, line in enumerate(lines) if (at % FOLDS == fold) == held_out]
            (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
        folders.append(folder)
    return folders


def run(job: Job, given: argparse.Namespace) -> None:
    """Run `job` in a process, and keep its scores, predictions and log."""
    folder = given.work / job.name
    settings = [f"model.device={given.device}", f"model.name={given.model}", f"train.seed={job.seed}", *job.settings]
    command = [sys.executable, "-m", "sumtune", "run", "--preset", job.preset, "--data", str(job.data), "--run-dir"]
    command += [str(folder), "--overwrite", *(part for setting in settings for part in ("--set", setting))]
    threads = str(max(1, len(os.sched_getaffinity(0)) // given.workers))
    begun = time.monotonic()
    with (given.out / f"{job.name}.log").open("w") as log:
        environment = os.environ | {"OMP_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "false"}
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode
    print(f"{job.name}: exit {code} after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for name in ("predictions.jsonl", "scores.json"):
        if (file := folder / "model_evaluation" / name).exists():
            (given.out / f"{job.name}.{name}").write_bytes(file.read_bytes())


def report(given: argparse.Namespace) -> None:
    """Print mean scores of each recipe, and the differences of the first from the others."""
    every, names = jobs(given), [text.partition(":")[0] for text in given.recipe]
    for source in dict.fromkeys(job.source for job in every):
        tables = {
            name: table([j for j in every if (j.source, j.recipe) == (source, name)], given.out) for name in names
        }
        for name, (scores, extras) in tables.items():
            if scores:
                print_row(source, name, scores, extras)
        for other in names[1:]:
            print_difference(names[0], other, tables[names[0]][0], tables[other][0])


def table(of_recipe: list[Job], out: Path) -> tuple[dict[int, dict[str, list[float]]], dict[str, float]]:
    """Return the scores of each example by run, and the mean of further figures."""
    scores: dict[int, dict[str, list[float]]] = {}
    further: dict[str, list[float]] = {}
    for job in of_recipe:
        file = out / f"{job.name}.predictions.jsonl"
        if not file.exists() or not (out / f"{job.name}.scores.json").exists():
            continue
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        tuned = {row["id"]: row["systems"]["tuned"] for row in rows}
        scores[job.seed] = {key: [one[metric] for metric in METRICS] for key, one in tuned.items()}
        for measure in MEASURES:
            further.setdefault(measure, []).append(float(np.mean([one[measure] for one in tuned.values()])))
    return scores, {key: float(np.mean(values)) for key, values in further.items()}


def print_row(source: str, name: str, scores: dict, extras: dict[str, float]) -> None:
    """Print the mean over runs, and each run."""
    means = {seed: np.mean(list(of_run.values()), 0) for seed, of_run in scores.items()}
    total = " / ".join(f"{value:.4f}" for value in np.mean(list(means.values()), 0))
    print(f"{source} {name}: {total}  ({len(means)} runs: "
          + ", ".join("/".join(f"{value:.4f}" for value in mean) for mean in means.values()) + ")")  # fmt: skip
    print("    " + ", ".join(f"{key} {value:.3f}" for key, value in extras.items()))


def print_difference(first: str, second: str, one: dict, two: dict) -> None:
    """Print the paired differences with bootstrap intervals over examples; runs of an example are averaged first."""
    common = sorted(set(one) & set(two))
    pairs: dict[tuple, list] = {}
    for seed in common:
        for key in one[seed].keys() & two[seed].keys():
            place = (key,) if source_is_repeated(one) else (seed, key)
            pairs.setdefault(place, []).append(np.subtract(one[seed][key], two[seed][key]))
    if not pairs:
        return
    differences = np.array([np.mean(values, 0) for values in pairs.values()])
    differences = np.column_stack([differences, differences.mean(1)])
    draws = np.random.default_rng(0).integers(0, len(differences), (2000, len(differences)))
    low, high = np.percentile(differences[draws].mean(1), (2.5, 97.5), axis=0)
    parts = zip((*METRICS, "mean"), differences.mean(0), low, high, strict=True)
    print(f"    {first} - {second}: " + ", ".join(f"{m} {d:+.4f} ({a:+.4f} to {b:+.4f})" for m, d, a, b in parts)
          + f"; {len(differences)} examples, {len(common)} runs each")  # fmt: skip


def source_is_repeated(scores: dict) -> bool:
    """Return whether the runs scored the same examples (seeds) and not different ones (folds)."""
    keys = [set(of_run) for of_run in scores.values()]
    return all(key == keys[0] for key in keys)


if __name__ == "__main__":
    main()
