"""Measures training beside other programs that keep cores busy: the share of the speed on an idle machine that is left.

Run: python benchmarks/busy_machine.py --data samsum/ [--busy 0 1 2] [--seconds 10] [--rounds 2] [--set lora.rank=16]…

Each number of busy programs (endless loops) gets its turn in each round, with the same optimizer steps in the same
process. Prints tokens per second and their share of the first number's. With `--share-core`, all threads are held to
one core instead; prints tokens per second of processor time, which other programs hardly change: what is lost there
against `--threads 1` is spent on waiting.
"""

import argparse
import itertools
import os
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
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--share-core", action="store_true")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(given.data, Path(folder), [*SETTINGS, *given.settings])
        run_step = stepper(Path(folder), given.threads)
        if given.share_core:
            print(
                f"{given.threads} threads on one core: {on_one_core(run_step, given.seconds):.0f} tokens per CPU second"
            )
            return
        speeds = measure(run_step, given.busy, given.seconds, given.rounds)
    for busy, speed in speeds.items():
        print(f"{busy} busy programs: {speed:5.0f} tokens/s, {speed / speeds[given.busy[0]]:4.0%}")


def stepper(folder: Path, threads: int):
    """Return a function that computes the optimizer step of a number, and returns its tokens."""
    import torch

    from sumtune.config import Config
    from sumtune.files.run_dir import RunDir
    from sumtune.train import session as training

    torch.set_num_threads(threads)
    config = Config.model_validate_json((folder / "benchmark.json").read_text())
    session = training.prepare(config, RunDir(folder))

    def run_step(number: int) -> int:
        examples = [session.examples[at] for at in session.plan.batch(number % session.plan.total_steps)]
        training.compute_gradient(session, examples, session.max_tokens)
        session.master_weights.clear_gradients()
        session.master_weights.copy_to_model()
        return sum(example.length for example in examples)

    run_step(0)
    return run_step


def measure(run_step, numbers: list[int], seconds: float, rounds: int) -> dict[int, float]:
    """Return the tokens per second beside each number of busy programs."""
    tokens, spent = dict.fromkeys(numbers, 0), dict.fromkeys(numbers, 0.0)
    for busy in numbers * rounds:
        programs = [subprocess.Popen(LOOP) for _ in range(busy)]
        begun = time.perf_counter()
        for number in itertools.count():
            tokens[busy] += run_step(number)
            if time.perf_counter() - begun > seconds:
                break
        spent[busy] += time.perf_counter() - begun
        for program in programs:
            program.kill()
            program.wait()
    return {busy: tokens[busy] / spent[busy] for busy in numbers}


def on_one_core(run_step, seconds: float) -> float:
    """Return the tokens per second of processor time if all threads share one core."""
    (core, *_) = os.sched_getaffinity(0)
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})
    begun, tokens, numbers = time.process_time(), 0, itertools.count()
    while time.process_time() - begun < seconds:
        tokens += run_step(next(numbers))
    return tokens / (time.process_time() - begun)


if __name__ == "__main__":
    main()
