"""Measures how long `sumtune diagnose FILE` takes, process start included: clean and damaged files of several sizes.

Run: python benchmarks/diagnosis_speed.py --data samsum/train.jsonl samsum/validation.jsonl [--rows 40 200 10000]

Without `--data` the embedded conversations are used. If there are fewer conversations than rows, they are used again
with their longer words exchanged, so that all texts differ. The printed diagnoses go to `--printed`, to compare two
states of the code with `diff -r`.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from sumtune.data.embedded import embedded_pairs

Texts = list[str]
LONG_WORD = re.compile(r"[A-Za-z]{4,}")
COPIED, KEPT = 0.2, 0.9
"""Share of the words of a prediction that are taken from its dialogue, and share of the other words that stay."""
DAMAGES: Mapping[str, Callable[[Texts], Texts]] = {
    "clean": lambda texts: texts,
    "spaced": lambda texts: [" ".join(text) for text in texts],
    "moved": lambda texts: [*texts[3:], *texts[:3]],
    "cut": lambda texts: [text[:40] for text in texts],
    "some empty": lambda texts: ["" if row % 8 == 0 else text for row, text in enumerate(texts)],
}


def main() -> None:
    """Write the files, diagnose each in a process of its own, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="*", type=Path, default=[], help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--rows", nargs="*", type=int, default=[40, 200, 10_000])
    parser.add_argument("--damage", nargs="*", choices=DAMAGES, default=["clean"])
    parser.add_argument("--printed", type=Path, help="folder for the printed diagnoses")
    given = parser.parse_args()
    pairs = [pair for file in given.data for pair in read_pairs(file)] or [
        pair for split in ("train", "validation", "test") for pair in embedded_pairs(split)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for rows in given.rows:
            made = list(outputs(pairs, rows))
            for name in given.damage:
                file = Path(folder) / f"{name}-{rows}.jsonl"
                write(file, made, DAMAGES[name])
                measure(file, given.printed)


def read_pairs(file: Path) -> list[tuple[str, str]]:
    """Return dialogue and summary of each row."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [(row["dialogue"], row["summary"]) for row in rows]


def outputs(pairs: list[tuple[str, str]], count: int) -> Iterator[tuple[str, str, str]]:
    """Yield dialogue, reference and a prediction of middling quality for `count` different conversations."""
    words = sorted({word for pair in pairs for text in pair for word in LONG_WORD.findall(text)})
    chance = random.Random(0)
    for row in range(count):
        if row % len(pairs) == 0:
            new = dict(zip(words, chance.sample(words, len(words)) if row else words, strict=True))
        dialogue, summary = (exchanged(text, new) for text in pairs[row % len(pairs)])
        yield dialogue, summary, prediction(dialogue, summary, chance)


def exchanged(text: str, words: Mapping[str, str]) -> str:
    """Return `text` with its long words replaced as `words` says."""
    return LONG_WORD.sub(lambda found: words[found[0]], text)


def prediction(dialogue: str, summary: str, chance: random.Random) -> str:
    """Return the summary with some words left out and some taken from the dialogue."""
    said = dialogue.split() or [""]
    chosen = [
        chance.choice(said).strip("?!.,:") if chance.random() < COPIED else word
        for word in summary.split()
        if chance.random() < KEPT
    ]
    text = " ".join(chosen).rstrip(".,") + "."
    return text[:1].upper() + text[1:]


def write(file: Path, made: list[tuple[str, str, str]], damage: Callable[[Texts], Texts]) -> None:
    """Write a file of predictions with the damage."""
    texts = damage([text for _, _, text in made])
    rows = (
        {"prediction": text, "reference": reference, "dialogue": dialogue}
        for (dialogue, reference, _), text in zip(made, texts, strict=True)
    )
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def measure(file: Path, printed: Path | None) -> None:
    """Diagnose `file`, and print the CPU and wall time."""
    started, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "sumtune", "diagnose", file.name], cwd=file.parent,
                          capture_output=True, text=True, check=True)  # fmt: skip
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{file.stem:20s} {cpu:6.2f} s CPU, {time.perf_counter() - started:6.2f} s wall", flush=True)
    if printed is not None:
        printed.mkdir(parents=True, exist_ok=True)
        (printed / f"{file.stem}.txt").write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
