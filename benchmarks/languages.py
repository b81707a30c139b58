"""Measures summaries in other languages: how often the shortlist of tokens changes them.

Run: python benchmarks/languages.py --work DIR [--languages de pl tr zh ja hi] [--train 30] [--english RUN_DIR]

For each language, tunes an adapter on the first `--train` conversations of `benchmarks/languages/` (preset `fast`,
three epochs) and summarizes the others twice: with the default decoding and with the whole vocabulary
(`decode.shortlist: null`). With `--english`, the adapter of that run folder summarizes the same dialogues as well.
Prints the share of identical summaries and the seconds of each. Reuses finished runs in `--work`.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).parent / "languages"
TUNING = ("--preset", "fast", "--set", "data.train_share=1", "--set", "train.epochs=3")


def main() -> None:
    """Tune, summarize and print the results, one language at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", default=sorted(file.stem for file in DATA.glob("*.jsonl")))
    parser.add_argument("--train", type=int, default=30)
    parser.add_argument("--english", type=Path)
    given = parser.parse_args()
    print(f"{'dialogues':<10}{'tuned on':<10}{'examples':>9}{'same':>8}{'default, s':>12}{'whole, s':>10}")
    for language in given.languages:
        rows = (DATA / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        held_out = [json.loads(row)["dialogue"] for row in rows[given.train :]]
        compare(language, language, tuned(given.work / language, rows, given.train), held_out)
        if given.english is not None:
            compare(language, "en", given.english, held_out)


def tuned(folder: Path, rows: list[str], train: int) -> Path:
    """Tune an adapter on the first `train` of `rows` and return its run folder."""
    run_dir, data = folder / "run", folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, some in (("train", rows[:train]), ("validation", rows[train:])):
        (data / f"{name}.jsonl").write_text("\n".join(some) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sumtune", "train", "--data", str(data), "--run-dir", str(run_dir), *TUNING]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log)
    return run_dir


def compare(language: str, tuned_on: str, run_dir: Path, dialogues: list[str]) -> None:
    """Print the share of summaries that are the same with the default decoding and with the whole vocabulary."""
    from sumtune.config import DecodeConfig

    default, default_s = written(run_dir, DecodeConfig(), dialogues)
    whole, whole_s = written(run_dir, DecodeConfig(shortlist=None), dialogues)
    same = sum(one == other for one, other in zip(default, whole, strict=True)) / len(dialogues)
    row = f"{language:<10}{tuned_on:<10}{len(dialogues):>9}{same:>8.1%}{default_s:>12.1f}{whole_s:>10.1f}"
    print(row, flush=True)


def written(run_dir: Path, decode: "DecodeConfig", dialogues: list[str]) -> tuple[list[str], float]:  # noqa: F821
    """Return the summaries and the seconds they took, after a warm-up with four dialogues."""
    from sumtune.decode.build import build_summarizer
    from sumtune.model.locate import locate
    from sumtune.text.prompt import Prompt

    adapter = run_dir / "model_trainer" / "adapter"
    summarizer = build_summarizer(locate("embedded", None), adapter, Prompt.load(adapter), decode)
    summarizer.summarize(dialogues[:4])
    begun = time.perf_counter()
    texts = [one.text for one in summarizer.summarize(dialogues)]
    return texts, time.perf_counter() - begun


if __name__ == "__main__":
    main()
