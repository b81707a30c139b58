"""Measures what `train.stop_early` gives away and saves on simulated curves of ROUGE-1 with noise.

Run: python benchmarks/stop_early.py [--repeats 120]

A curve approaches 0.45 from 0.39 exponentially: after `fall` of the training, 63% of the rise is done. Prints for each
number of samples, noise and `fall` the mean share of the training that is done, the mean ROUGE-1 that is given away,
and in how many trainings that is more than 0.003. Takes a second.
"""

import argparse
import random
from math import exp
from statistics import mean

from sumtune.train.plateau import LEAST_GAIN, Plateau

TOP, RISE = 0.45, 0.06


def main() -> None:
    """Print a row for each kind of curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=120)
    repeats = parser.parse_args().repeats
    generator = random.Random(0)
    print(f"{'samples':>8}{'noise':>8}{'fall':>6}{'done':>7}{'given away':>12}{'more than 0.003':>17}")
    for samples in (8, 12, 26):
        for noise in (0.005, 0.01):
            for fall in (0.05, 0.15, 0.3, 0.6, 1.5):
                ends = [end(samples, noise, fall, generator) for _ in range(repeats)]
                lost = [RISE * (exp(-done / fall) - exp(-1 / fall)) for done in ends]
                print(f"{samples:8}{noise:8.3f}{fall:6.2f}{mean(ends):7.0%}{mean(lost):12.4f}"
                      f"{mean(one > LEAST_GAIN for one in lost):17.0%}")  # fmt: skip


def end(samples: int, noise: float, fall: float, generator: random.Random) -> float:
    """Return the share of a training after which it ends."""
    plateau = Plateau()
    for at in range(1, samples + 1):
        progress = at / samples
        plateau = plateau.after(progress, TOP - RISE * exp(-progress / fall) + generator.gauss(0, noise))
        if plateau.is_reached:
            return progress
    return 1.0


if __name__ == "__main__":
    main()
