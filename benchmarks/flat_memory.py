"""Measures the peak memory of a run by its number of training examples, from reading the data to the first steps.

Run: python benchmarks/flat_memory.py [--sizes 16000 160000] [--model embedded] [--work FOLDER]

The conversations are made up of random words: about 60 words in 9 turns, with summaries of 19 words. A run is stopped
at its first logged step. Each line has the peak resident memory until the end of one stage.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STAGES = {
    "Preparing the model": "imports", "Preparing the data": "model", "Measuring": "data", "Validation at": "forecast",
    "Step ": "training",
}  # fmt: skip
"""The line that begins the next stage, and the stage that it ends."""
LETTERS, NAMES = "aeioubcdfglmnprst", ("Ann", "Ben", "Cleo", "Dan", "Eva", "Finn")


def main() -> None:
    """Print the peak of each stage for each size, and the ratio of the last size to the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[16_000, 160_000])
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--work", help="folder for temporary files")
    given = parser.parse_args()
    peaks = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory(dir=given.work) as folder:
            write_data(size, Path(folder) / "data")
            print(f"{size:,} examples: ", end="", flush=True)
            begun, stages = time.monotonic(), peak_by_stage(Path(folder), given.model)
        print(f"{time.monotonic() - begun:.0f} s", flush=True)
        peaks.append(max(stages.values()))
    print(f"peak of {given.sizes[-1]:,} examples: {peaks[-1] / peaks[0]:.2f} times that of {given.sizes[0]:,}")


def write_data(size: int, folder: Path) -> None:
    """Write splits with `size` training examples."""
    generator = random.Random(0)
    words = ["".join(generator.choices(LETTERS, k=generator.randint(2, 9))) for _ in range(4000)]
    folder.mkdir()
    for name, count in (("train", size), ("validation", 200), ("test", 200)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(conversation(generator, words)) + "\n" for _ in range(count))


def conversation(generator: random.Random, words: list[str]) -> dict[str, str]:
    """Return a conversation of random words."""
    turns = [
        f"{generator.choice(NAMES)}: {' '.join(generator.choices(words, k=generator.randint(4, 20)))}"
        for _ in range(generator.randint(4, 14))
    ]
    return {"dialogue": "\n".join(turns), "summary": " ".join(generator.choices(words, k=generator.randint(8, 30)))}


def peak_by_stage(folder: Path, model: str) -> dict[str, int]:
    """Return the peak resident memory of a run, in MiB, at the end of each stage; stop it at the first logged step.

    Raises:
        SystemExit: the run ended before that.
    """
    command = [
        sys.executable, "-m", "sumtune", "run", "--data", str(folder / "data"), "--run-dir", str(folder / "run"),
        "--model", model, "--set", "train.epochs=1", "--no-history",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    assert process.stdout is not None
    stages: dict[str, int] = {}
    last = []
    try:
        for line in process.stdout:
            last.append(line)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) // 1024
            for begin, stage in STAGES.items():
                if line.startswith(begin) and stage not in stages:
                    stages[stage] = peak
                    print(f"{stage} {peak:,} MiB, ", end="", flush=True)
            if "training" in stages:
                return stages
    finally:
        process.kill()
        process.wait()
    sys.exit("".join(last[-20:]))


if __name__ == "__main__":
    main()
