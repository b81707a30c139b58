"""Measures false faults: the diagnosis of clean files of several data sets, systems, sizes and languages.

Run: python benchmarks/diagnosis_clean.py [--data samsum.jsonl …] [--predictions run/predictions.jsonl …]

A false fault is a finding of severity `fault` in a file that nothing has damaged. Two kinds of findings in the outputs
of weak systems are true and do not count: an empty prediction is empty, and a score below copying the first three turns
is below it (`score_unexplained`). Everything else counts, whatever the system.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from domains import DOMAINS
from shapes import SHAPES

from sumtune.data.embedded import embedded_pairs
from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.evaluate.baselines import BASELINES

SIZES = (40, 200, 0)
"""Numbers of rows; 0 for all."""
DOMAIN_ROWS = 400
LANGUAGES = ("ar", "de", "es", "hi", "pl", "ru", "zh")
TRUE_OF_WEAK_SYSTEMS = {"score_unexplained", "empty_predictions"}
SENTENCES = Path(__file__).parents[1] / "tests" / "languages"

Pairs = list[tuple[str, str]]
"""Dialogue and reference."""


def main() -> None:
    """Diagnose each clean file, and print the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="*", type=Path, default=[], help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--predictions", nargs="*", type=Path, default=[], help="files that `sumtune diagnose` reads")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="number of the first file, to measure in parts")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sources = [*systems(given.data, given.predictions), *languages(), *domains(given.seed)]
    counts: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for number in range(given.first, given.files):
        name, outputs = sources[number % len(sources)]
        size = SIZES[number // len(sources) % len(SIZES)]
        size = min(size or len(outputs), len(outputs))
        chosen = random.Random(f"{given.seed} {number}").sample(range(len(outputs)), size)
        file = outputs.select(chosen)
        faults = [one for one in diagnose(Context(outputs=file), number).faults if one.code not in TRUE_OF_WEAK_SYSTEMS]
        counts[name] += 1
        false[name] += bool(faults)
        for fault in faults:
            print(f"{name}, {len(chosen)} rows: {fault.title} [{fault.code}]. {fault.evidence}", flush=True)
    print(f"\n{'system':40s} files  false")
    for name, count in counts.items():
        print(f"{name:40s} {count:5d} {false[name]:6d}")
    share = false.total() / counts.total()
    print(f"{false.total()} of {counts.total()} clean files have a false fault ({share:.1%}).")
    sys.exit(share > 0.02)


def systems(data: list[Path], predictions: list[Path]) -> Iterator[tuple[str, Outputs]]:
    """Yield the outputs of the baselines on each data set, and of the systems of each run."""
    embedded: Pairs = [pair for split in ("train", "validation", "test") for pair in embedded_pairs(split)]
    sets = {"embedded": embedded} | {f"{file.parent.name}/{file.stem}": read_pairs(file) for file in data}
    for name, pairs in sets.items():
        for system, baseline in BASELINES.items():
            yield f"{name} {system}", outputs_of(pairs, [baseline(dialogue) for dialogue, _ in pairs])
    for file in predictions:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        if "systems" not in rows[0]:
            yield f"{file.parent.name}/{file.stem}", read_predictions(file)
            continue
        pairs = [(row["dialogue"], row["reference"]) for row in rows]
        for system in rows[0]["systems"]:
            texts = [row["systems"][system]["prediction"] for row in rows]
            yield f"{file.parent.name}/{file.stem} {system}", outputs_of(pairs, texts)


def languages() -> Iterator[tuple[str, Outputs]]:
    """Yield summaries in several languages: of two turns each, with a word or two characters left out."""
    for language in LANGUAGES:
        lines = (SENTENCES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
        turns = [line.split(" | ") for line in lines]
        space = "" if language == "zh" else " "
        both = list(combinations(turns, 2))
        pairs = [(f"{a}: {said}\n{b}: {told}", f"{one}{space}{two}") for (a, said, one), (b, told, two) in both]
        yield (
            f"language {language}",
            outputs_of(pairs, [shorter(one) + space + shorter(two) for (*_, one), (*_, two) in both]),
        )


def domains(seed: int) -> Iterator[tuple[str, Outputs]]:
    """Yield summaries of a good model in many domains, styles and formats."""
    for domain, make in (DOMAINS | SHAPES).items():
        rows = make(random.Random(seed), DOMAIN_ROWS)
        pairs = [(row["dialogue"], row["reference"]) for row in rows]
        yield f"domain {domain}", outputs_of(pairs, [row["prediction"] for row in rows])


def shorter(text: str) -> str:
    """Return `text` without its third word, or without two characters if it has few words."""
    parts = text.split()
    return text[:4] + text[6:] if len(parts) < 4 else " ".join(parts[:2] + parts[3:])


def read_pairs(file: Path) -> Pairs:
    """Return dialogue and reference of each row."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [(row["dialogue"], row["summary"]) for row in rows]


def outputs_of(pairs: Pairs, predictions: list[str]) -> Outputs:
    """Return predictions for `pairs` as the diagnosis reads them."""
    outputs = Outputs(
        ids=tuple(str(number) for number in range(1, len(pairs) + 1)),
        predictions=tuple(predictions),
        references=tuple((reference,) for _, reference in pairs),
        dialogues=tuple(dialogue for dialogue, _ in pairs),
    )
    return replace(outputs, rouge_tokens=outputs.tokens)


if __name__ == "__main__":
    main()
