"""Checks that a killed search ends with the same study: kills command and workers at random moments.

Run: python benchmarks/kill_search.py --kills 50 --seed 0

Each search has 6 trials of a tiny random model and two workers. Half of the kills hit the command, half a worker. After
each kill of the command it is started again, and at the end the study must equal that of an undisturbed search with one
process: settings, states, scores, and sampled scores. Prints a line for each search and `survived N/N` kills.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import tiny

from sumtune.search.study import open_study

SPACE = "train.learning_rate: {low: 1.0e-3, high: 5.0e-2, log: true}\ntrain.epochs: {low: 1, high: 4}\n"
SETTINGS = ("model.precision=fp32", "decode.beams=1", "evaluate.base=false", "train.micro_batch_tokens=512")
TRIALS = 6
MOST_WORKER_KILLS = 4
"""Kills of workers between two starts of the command: it gives a trial up whose process dies five times."""


def main() -> None:
    """Kill searches and compare their studies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no further search after this time")
    given = parser.parse_args()
    chance, survived, kills, end = random.Random(given.seed), 0, 0, time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tiny.write_jsonl(root / "chats.jsonl", 80)
        (root / "space.yaml").write_text(SPACE)
        tiny.save_model("gemma", root / "model")
        begun = time.monotonic()
        assert start(root, "straight", workers=1).wait() == 0, (root / "log").read_text()[-2000:]
        expected, seconds = study_of(root / "straight"), time.monotonic() - begun
        print(f"{seconds:.0f} s undisturbed; {states(expected)}", flush=True)
        for number in range(given.kills):
            if kills >= given.kills or time.monotonic() > end:
                break
            done = killed_search(root, f"search-{number}", chance, seconds, given.kills - kills)
            same = study_of(root / f"search-{number}") == expected
            kills, survived = kills + sum(done.values()), survived + same * sum(done.values())
            print(f"{'survived' if same else 'NOT the same'}: {done}", flush=True)
    print(f"survived {survived}/{kills}")
    sys.exit(survived != kills)


def start(root: Path, name: str, workers: int) -> "subprocess.Popen[bytes]":
    """Start a search in the folder `name`."""
    command = [sys.executable, "-m", "sumtune", "search", "--preset", "fast", "--data", "chats.jsonl",
               "--model", "model", "--space",
               "space.yaml", "--trials", str(TRIALS), "--workers", str(workers), "--run-dir", name]  # fmt: skip
    for setting in SETTINGS:
        command += ["--set", setting]
    with (root / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=root, stdout=log, stderr=log)


def killed_search(root: Path, name: str, chance: random.Random, seconds: float, most: int) -> dict[str, int]:
    """Run a search to its end, kill it up to `most` times; return how often command and workers were killed."""
    kills, of_workers = {"command": 0, "worker": 0}, 0
    command = start(root, name, workers=2)
    while True:
        alone = sum(kills.values()) >= most
        if _ends(command, None if alone else chance.uniform(1.0, 0.3 * seconds)):
            if command.returncode == 0:
                return kills
            assert command.returncode == -signal.SIGKILL, (root / "log").read_text()[-2000:]
            command, of_workers = start(root, name, workers=2), 0
            continue
        workers = workers_of(command.pid)
        if chance.random() < 0.5 and workers and of_workers < MOST_WORKER_KILLS:
            os.kill(chance.choice(workers), signal.SIGKILL)
            kills["worker"] += 1
            of_workers += 1
        else:
            command.kill()
            kills["command"] += 1


def _ends(command: "subprocess.Popen[bytes]", within_s: float | None) -> bool:
    try:
        command.wait(within_s)
        return True
    except subprocess.TimeoutExpired:
        return False


def workers_of(parent: int) -> list[int]:
    """Return the processes of trials that the process `parent` has started."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    found = [int(word) for task in tasks for word in task.read_text().split()]
    return [process for process in found if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()]


def study_of(root: Path) -> list[Any]:
    """Return settings, state, score and sampled scores of each trial in the search folder `root`."""
    trials = open_study(root / "study.db").trials
    return [(trial.number, trial.params, trial.state, trial.value, trial.intermediate_values) for trial in trials]


def states(study: list[Any]) -> str:
    """Return how many trials have each state, in words."""
    names = [trial[2].name.lower() for trial in study]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))


if __name__ == "__main__":
    main()
