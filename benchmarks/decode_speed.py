"""Measures generation speed: our engine, CTranslate2 and transformers on the same dialogues.

Run: python benchmarks/decode_speed.py --run-dir runs/chats [--dialogues 64] [--engines native ctranslate2]
         [--beams 1 4]

Uses the adapter of a finished run and its scored dialogues, after a short warm-up. Prints seconds, dialogues per second
and ROUGE of the summaries for each engine and number of beams.
"""

import argparse
import time
from pathlib import Path

ENGINES = ("native", "ctranslate2", "torch")


def main() -> None:
    """Measure every engine with every number of beams."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--dialogues", type=int, default=64)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--beams", nargs="+", type=int, default=[1, 4])
    given = parser.parse_args()

    from sumtune.commands.run_record import recorded_config
    from sumtune.decode.build import build_summarizer
    from sumtune.evaluate.evaluate_stage import chosen_examples
    from sumtune.evaluate.overlap import METRICS, mean, score_multiple
    from sumtune.files.run_dir import RunDir
    from sumtune.model.locate import locate
    from sumtune.text.prompt import Prompt

    run_dir = RunDir(given.run_dir)
    config = recorded_config(run_dir)
    examples = chosen_examples(config, run_dir)[1][: given.dialogues]
    dialogues = [example.dialogue for example in examples]
    source, prompt = locate(config.model.name, config.model.revision), Prompt.load(run_dir.adapter)
    print(f"{'':<14}{'beams':>6}{'s':>8}{'dialogues/s':>13}" + "".join(f"{metric:>10}" for metric in METRICS))
    for beams in given.beams:
        for engine in given.engines:
            decode = config.decode.model_copy(update={"beams": beams, "engine": engine})
            summarizer = build_summarizer(source, run_dir.adapter, prompt, decode, config.model.device)
            summarizer.summarize(dialogues[:4])
            begun = time.perf_counter()
            written = summarizer.summarize(dialogues)
            seconds = time.perf_counter() - begun
            scores = [
                score_multiple(one.text, example.references)[0] for example, one in zip(examples, written, strict=True)
            ]
            means = "".join(f"{getattr(mean(scores), metric):10.4f}" for metric in METRICS)
            print(f"{engine:<14}{beams:>6}{seconds:8.1f}{len(dialogues) / seconds:13.2f}{means}", flush=True)


if __name__ == "__main__":
    main()
