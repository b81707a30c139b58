"""Measures time and memory of training against the number of examples and the length of dialogues.

Run: python benchmarks/train_scaling.py [--examples 250 1000 4000 16000] [--lengths 64 256 512 1024 2048] [--steps 12]
         [--set key=value]…

The dialogues consist of words from the embedded dialogues, about 150 tokens each unless the length varies. Each row is
measured in a separate process, which reads and encodes all examples and then takes some optimizer steps. Prints the
seconds of reading and encoding, tokens per second in training, and peak memory.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USUAL_LENGTH = 150
"""Tokens per dialogue in the rows that vary the number of examples."""
FEW = 200
"""Number of examples in the rows that vary the length."""
SUMMARY_WORDS = 20
TURN_WORDS = 10
TOKENS_A_WORD = 1.35


def main() -> None:
    """Measure one row with `--only`, otherwise all rows in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", nargs="*", type=int, default=[250, 1000, 4000, 16000])
    parser.add_argument("--lengths", nargs="*", type=int, default=[64, 256, 512, 1024, 2048])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--only", nargs=2, type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(*given.only, given.steps, given.settings)))
        return
    print(f"{'examples':>9}{'tokens each':>12}{'reading':>9}{'encoding':>10}{'tokens/s':>10}{'peak memory':>13}")
    rows = [(count, USUAL_LENGTH) for count in given.examples] + [(FEW, length) for length in given.lengths]
    for count, length in rows:
        settings = [part for setting in given.settings for part in ("--set", setting)]
        command = [sys.executable, __file__, "--only", str(count), str(length), "--steps", str(given.steps), *settings]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        row = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{count:9}{row['length']:12.0f}{row['reading']:7.1f} s{row['encoding']:8.1f} s{row['speed']:10.0f}"
            f"{row['memory'] / 1e9:10.2f} GB",
            flush=True,
        )


def measure(count: int, length: int, steps: int, settings: list[str]) -> dict[str, float]:
    """Return one row of the table."""
    from sumtune.config import TrainConfig
    from sumtune.config_resolution import resolve
    from sumtune.data import ingest
    from sumtune.files.run_dir import RunDir
    from sumtune.model import encode_stage as encode
    from sumtune.train import session as training

    with tempfile.TemporaryDirectory() as folder:
        data, run_dir = Path(folder) / "data.jsonl", RunDir(Path(folder) / "run")
        write(data, count, length)
        limit = max(1024, 2 * length)
        budget = max(TrainConfig().micro_batch_tokens, limit + 128)
        sizes = (f"model.max_source_tokens={limit}", f"train.micro_batch_tokens={budget}")
        config = resolve(assignments=(*sizes, *settings, f"data.path={data}"))
        encoder = encode.make_encoder(config.model)
        begun = time.perf_counter()
        ingest.run(config, run_dir, lambda: encoder)
        read = time.perf_counter()
        encode.run(config, run_dir, lambda: encoder)
        encoded = time.perf_counter()
        session = training.prepare(config, run_dir)
        speed = tokens_a_second(session, steps)
        return {
            "length": sum(example.length for example in session.examples) / len(session.examples),
            "reading": read - begun,
            "encoding": encoded - read,
            "speed": speed,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def tokens_a_second(session, steps: int) -> float:
    """Return the tokens per second of `steps` optimizer steps, after one warm-up step."""
    from sumtune.train import session as training

    batches = [[session.examples[at] for at in session.plan.batch(step)] for step in range(1 + steps)]
    begun = 0.0
    for number, batch in enumerate(batches):
        if number == 1:
            begun = time.perf_counter()
        training.compute_gradient(session, batch, session.config.train.micro_batch_tokens)
        session.master_weights.clear_gradients()
        session.master_weights.copy_to_model()
    return sum(example.length for batch in batches[1:] for example in batch) / (time.perf_counter() - begun)


def write(path: Path, count: int, length: int) -> None:
    """Write `count` different random conversations of about `length` tokens."""
    from importlib.resources import files

    corpus = (files("sumtune.data") / "corpus" / "train.jsonl").read_text(encoding="utf-8")
    words = sorted({word for line in corpus.splitlines() for word in json.loads(line)["dialogue"].split()})
    chance = random.Random(0)
    with path.open("w", encoding="utf-8") as out:
        for _ in range(count):
            said = [chance.choice(words) for _ in range(int(length * chance.uniform(0.8, 1.2) / TOKENS_A_WORD))]
            turns = [said[at : at + TURN_WORDS] for at in range(0, len(said), TURN_WORDS)]
            dialogue = "\n".join(f"{'AB'[number % 2]}: {' '.join(turn)}" for number, turn in enumerate(turns))
            summary = " ".join(chance.choice(said) for _ in range(SUMMARY_WORDS))
            out.write(json.dumps({"dialogue": dialogue, "summary": summary}) + "\n")


if __name__ == "__main__":
    main()
