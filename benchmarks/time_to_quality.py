"""Measures ROUGE against minutes of training, from the checkpoints of a run.

Run: sumtune train --data samsum/ --run-dir runs/timed --set train.keep_checkpoints=100
     python benchmarks/time_to_quality.py --run-dir runs/timed [--every 4] [--beams 4] [--examples 380]

The adapter of a checkpoint is the running average of the weights so far, which is what a run stopped there would
publish, except that the learning rate has not decayed. Minutes are training time, including validation.
"""

import argparse
import time
from pathlib import Path

from sumtune.commands.run_record import recorded_config
from sumtune.data.example_file import load_jsonl
from sumtune.decode.build import build_summarizer
from sumtune.evaluate.overlap import METRICS, mean, score_multiple
from sumtune.evaluate.reference_groups import group_by_dialogue
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import locate
from sumtune.text.prompt import Prompt
from sumtune.train.checkpoint import list_checkpoints, load_state


def main() -> None:
    """Score the checkpoints one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--every", type=int, default=4, help="of so many checkpoints one")
    parser.add_argument("--until", type=float, default=float("inf"), help="only those of the first so many minutes")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--examples", type=int)
    given = parser.parse_args()
    run_dir = RunDir(given.run_dir)
    config = recorded_config(run_dir, (f"decode.beams={given.beams}",))
    source, prompt = locate(config.model.name, config.model.revision), Prompt.load(run_dir.transformation)
    examples = group_by_dialogue(load_jsonl(run_dir.split("validation")))[: given.examples]
    print(f"{'minutes':>8}{'step':>7}" + "".join(f"{metric:>11}" for metric in METRICS) + f"{'generation':>12}")
    states = {path: load_state(path) for path in list_checkpoints(run_dir.trainer)}
    chosen = [path for path, state in states.items() if state.step and state.elapsed_s <= 60 * given.until]
    for path in chosen[:: -given.every][::-1]:
        summarizer = build_summarizer(source, path, prompt, config.decode)
        begun = time.monotonic()
        predictions = [one.text for one in summarizer.summarize([example.dialogue for example in examples])]
        seconds = time.monotonic() - begun
        scores = mean([score_multiple(p, e.references)[0] for p, e in zip(predictions, examples, strict=True)])
        figures = "".join(f"{getattr(scores, metric):11.4f}" for metric in METRICS)
        print(f"{states[path].elapsed_s / 60:8.1f}{states[path].step:7}{figures}{seconds:10.0f} s", flush=True)


if __name__ == "__main__":
    main()
