"""Measures time and memory of training and of reading against the length of one dialogue.

Run: python benchmarks/length_scaling.py [--lengths 512 2048 8192 16384 32768] [--only train read] [--set key=value]…

The dialogue consists of words from the embedded dialogues, with a summary of 70 words (about 100 tokens). Each row is
measured in a separate process. *Train* computes one micro-batch, forward and backward; *read* is what the generation
engine does before it writes the first token. Prints milliseconds per token, their ratio to the first length, and the
peak memory of the process. Times are processor time, not wall time, so that other programs disturb less.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

SUMMARY_WORDS = 70
WORK = ("train", "read")


def main() -> None:
    """Print the table, or measure only one row with `--row`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", nargs="*", type=int, default=[512, 2048, 8192, 16384, 32768])
    parser.add_argument("--only", nargs="*", choices=WORK, default=WORK)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--row", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.row:
        work, length = given.row
        print(json.dumps({"train": measure_training, "read": measure_reading}[work](int(length), given.settings)))
        return
    settings = [part for setting in given.settings for part in ("--set", setting)]
    print(f"{'work':>6}{'tokens':>8}{'ms per token':>14}{'relative':>10}{'peak memory':>13}  number format")
    for work in given.only:
        first = 0.0
        for length in given.lengths:
            command = [sys.executable, __file__, "--row", work, str(length), *settings]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            row = json.loads(done.stdout.splitlines()[-1])
            first = first or row["ms"]
            print(f"{work:>6}{length:8}{row['ms']:14.2f}{row['ms'] / first:10.2f}{row['memory'] / 1e9:10.2f} GB"
                  f"  {row['format']}", flush=True)  # fmt: skip


def measure_training(length: int, settings: list[str]) -> dict[str, Any]:
    """Return the row for a micro-batch of one example of `length` tokens."""
    from sumtune.config_resolution import resolve
    from sumtune.files.run_dir import RunDir
    from sumtune.forecast.trial import trials
    from sumtune.memory import free_memory, reset_peak
    from sumtune.train import session as training

    with tempfile.TemporaryDirectory() as folder:
        run_dir, config = RunDir(Path(folder)), resolve(assignments=tuple(settings))
        encode(config, run_dir, length)
        free_memory()
        reset_peak()
        session = training.prepare(config, run_dir)
        (example,) = session.examples
        with trials(session) as compute:
            seconds = fastest(lambda: compute([example]), length)
    recompute = session.loss_fn.recompute
    again = f", {recompute.count} of {recompute.layers} layers run again" if recompute and recompute.count else ""
    return row(seconds, example.length, session.precision.name + again)


def encode(config: Any, run_dir: Any, length: int) -> None:
    """Write one example of `length` tokens, encoded, into `run_dir`."""
    from sumtune.data.example import Example, dump_jsonl
    from sumtune.files.atomic import write_text
    from sumtune.model import encode_stage

    encoder = encode_stage.make_encoder(config.model)
    dialogue, summary = conversation(length, lambda text: len(encoder.encode(*text).source))
    for split in ("train", "validation"):
        write_text(run_dir.split(split), dump_jsonl([Example(split, dialogue, summary, "made up", 1)]))
    encode_stage.run(config, run_dir, lambda: encoder)


def measure_reading(length: int, settings: list[str]) -> dict[str, Any]:
    """Return the row for an engine that reads a dialogue of `length` tokens and writes one token."""
    from sumtune.config_resolution import resolve
    from sumtune.decode.build import build_summarizer
    from sumtune.model.encode_stage import make_encoder
    from sumtune.model.locate import locate

    config = resolve(assignments=("decode.beams=1", *settings))
    encoder = make_encoder(config.model)
    dialogue, _ = conversation(length, lambda text: len(encoder.source(text[0])))
    source = locate(config.model.name, config.model.revision)
    summarizer = build_summarizer(source, None, encoder.prompt, config.decode, config.model.device, encoder)
    seconds = fastest(lambda: summarizer.summarize([dialogue], max_tokens=1), length)
    return row(seconds, len(encoder.source(dialogue)), summarizer.engine)


def row(seconds: float, tokens: int, number_format: str) -> dict[str, Any]:
    """Return the values to print for `seconds` and `tokens`, with the peak memory of this process."""
    from sumtune.memory import peak_bytes

    return {"ms": 1000 * seconds / tokens, "memory": peak_bytes(), "format": number_format}


def fastest(work: Callable[[], object], length: int) -> float:
    """Return the processor seconds of `work`: the fastest of five runs, or of fewer runs for long texts."""
    timings = []
    for _ in range(5 if length <= 2048 else 2 if length <= 8192 else 1):
        begun = time.process_time()
        work()
        timings.append(time.process_time() - begun)
    return min(timings)


def conversation(length: int, count: Callable[[tuple[str, str]], int]) -> tuple[str, str]:
    """Return a dialogue and its summary. `count` returns the tokens that the model reads of them, at most `length`."""
    text = (files("sumtune.data") / "corpus" / "train.jsonl").read_text(encoding="utf-8")
    words = sorted({word for line in text.splitlines() for word in json.loads(line)["dialogue"].split()})
    chance = random.Random(0)
    said = [chance.choice(words) for _ in range(length)]
    summary = " ".join(said[:SUMMARY_WORDS])
    few, many = 1, len(said)
    while few < many:
        middle = (few + many + 1) // 2
        if count((" ".join(said[:middle]), summary)) <= length:
            few = middle
        else:
            many = middle - 1
    return " ".join(said[:few]), summary


if __name__ == "__main__":
    from sumtune.memory import limit_primitive_cache

    limit_primitive_cache()
    main()
