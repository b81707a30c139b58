"""Measures training beside other programs that keep cores busy: the share of the speed on an idle machine that is left.

Run: python benchmarks/busy_machine.py --data samsum/ [--busy 0 1 2] [--seconds 10] [--rounds 2] [--set lora.rank=16]…

Each number of busy programs (endless loops) gets its turn in each round, with the same optimizer steps in the same
process. Prints tokens per second and their share of the first number's.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from train_speed import SETTINGS, prepare

LOOP = (sys.executable, "-c", "while True: pass")


def main() -> None:
    """Measure all numbers of busy programs in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(given.data, Path(folder), [*SETTINGS, *given.settings])
        speeds = measure(Path(folder), given.busy, given.seconds, given.rounds)
    for busy, speed in speeds.items():
        print(f"{busy} busy programs: {speed:5.0f} tokens/s, {speed / speeds[given.busy[0]]:4.0%}")


def measure(folder: Path, numbers: list[int], seconds: float, rounds: int) -> dict[int, float]:
    """Return the tokens per second beside each number of busy programs."""
    from sumtune.config import Config
    from sumtune.files.run_dir import RunDir
    from sumtune.train import session as training

    config = Config.model_validate_json((folder / "benchmark.json").read_text())
    session = training.prepare(config, RunDir(folder))
    tokens, spent = dict.fromkeys(numbers, 0), dict.fromkeys(numbers, 0.0)
    for turn, busy in enumerate([numbers[0], *numbers * rounds]):
        programs = [subprocess.Popen(LOOP) for _ in range(busy)]
        begun = time.perf_counter()
        for step in itertools.count():
            examples = [session.examples[at] for at in session.plan.batch(step)]
            training.compute_gradient(session, examples, session.max_tokens)
            session.master_weights.clear_gradients()
            session.master_weights.copy_to_model()
            if turn:  # the first turn warms up
                tokens[busy] += sum(example.length for example in examples)
            if time.perf_counter() - begun > (seconds if turn else seconds / 4):
                break
        spent[busy] += (time.perf_counter() - begun) if turn else 0
        for program in programs:
            program.kill()
            program.wait()
    return {busy: tokens[busy] / spent[busy] for busy in numbers}


if __name__ == "__main__":
    main()
