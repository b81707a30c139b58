"""Measures sampling: the time of a candidate, and whether a consensus of candidates scores higher than beam search.

Run: python benchmarks/sampling.py --adapter ADAPTER --examples FILE.jsonl [--limit 150] [--samples 8 16]
         [--temperature 0.7] [--top-k 50]

FILE has a `dialogue` and a `summary` in each line. Prints the processor time of each dialogue. Then scores beam search,
one sample, and the consensus (minimum Bayes risk: Kumar and Byrne 2004, Eikema and Aziz 2022) of the beam summary and
the first `--samples` samples: the candidate with the highest mean of ROUGE-1, -2 and -L against all others. Each row
has the means of the three, their mean and its difference from beam search with the 95% interval, and measures of
faithfulness.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_TOKENS = 512


def main() -> None:
    """Summarize, sample, and print one row for each way to choose a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--samples", nargs="+", type=int, default=[8, 16])
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--top-k", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    lines = given.examples.read_text(encoding="utf-8").splitlines()[: given.limit]
    examples = [json.loads(line) for line in lines]
    beam, samples = written(given, [example["dialogue"] for example in examples])
    systems = {"beam search": beam, "one sample": [texts[0] for texts in samples]}
    for count in given.samples:
        pairs = zip(beam, samples, strict=True)
        systems[f"consensus of {count}"] = [consensus([first, *texts[:count]]) for first, texts in pairs]
    report(systems, examples)


def written(given: argparse.Namespace, dialogues: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return the summary of beam search and the samples of each dialogue; print the processor time that each took."""
    from sumtune.decode.build import build_summarizer
    from sumtune.model.adapter_files import read_settings
    from sumtune.model.locate import locate
    from sumtune.model.tokenizer import load_encoder
    from sumtune.summarizer import AdjustableSummarizer, SamplingSettings, SamplingSummarizer
    from sumtune.text.prompt import Prompt

    settings, prompt = read_settings(given.adapter), Prompt.load(given.adapter)
    source = locate(settings.model.name, settings.model.revision)
    encoder = load_encoder(source.folder, prompt)
    summarizer = build_summarizer(source, given.adapter, prompt, settings.decode, settings.model.device, encoder)
    assert isinstance(summarizer, SamplingSummarizer)
    assert isinstance(summarizer, AdjustableSummarizer)
    summarizer.summarize(dialogues[:4])
    count, begun = max(given.samples), time.process_time()
    summarizer.with_beams(1).summarize(dialogues)
    greedy = time.process_time()
    beam = summarizer.summarize(dialogues)
    searched = time.process_time()
    drawn = SamplingSettings(count, given.temperature, given.top_k, given.seed, MAX_TOKENS)
    samples = summarizer.sample(encoder.sources(dialogues), drawn)
    sampled = time.process_time()
    print(f"{summarizer.engine}, processor seconds for each of {len(dialogues)} dialogues: "
          f"greedy {(greedy - begun) / len(dialogues):.3f}, beam {settings.decode.beams} "
          f"{(searched - greedy) / len(dialogues):.3f}, {count} samples {(sampled - searched) / len(dialogues):.3f}, "
          f"a sample {(sampled - searched) / len(dialogues) / count:.4f}")  # fmt: skip
    return [one.text for one in beam], [[encoder.decode(ids) for ids in some] for some in samples]


def consensus(candidates: list[str]) -> str:
    """Return the candidate that is most like the others; the first one, if several are."""
    texts = list(dict.fromkeys(candidates))
    weights = [candidates.count(text) for text in texts]
    means = []
    for at, text in enumerate(texts):
        others = [weight - (place == at) for place, weight in enumerate(weights)]
        gains = [scores(text, other).mean() if count else 0.0 for other, count in zip(texts, others, strict=True)]
        means.append(float(np.dot(gains, others)))
    return texts[int(np.argmax(np.round(means, 9)))]


def scores(prediction: str, reference: str) -> NDArray[np.float64]:
    """Return ROUGE-1, -2 and -L."""
    from sumtune.evaluate.rouge import score

    found = score(prediction, reference)
    return np.array([found.rouge1, found.rouge2, found.rougeL])


def report(systems: dict[str, list[str]], examples: list[dict[str, Any]]) -> None:
    """Print a row for each system; the first one is compared with the others."""
    from sumtune.evaluate.bootstrap import paired
    from sumtune.evaluate.faithfulness import measure

    first: NDArray[np.float64] | None = None
    print("| system | ROUGE-1 | ROUGE-2 | ROUGE-L | mean | difference | unsupported | repetition | length |")
    for name, texts in systems.items():
        rows = list(zip(texts, examples, strict=True))
        rouge = np.array([scores(text, example["summary"]) for text, example in rows])
        found = [measure(text, example["dialogue"], [example["summary"]]) for text, example in rows]
        faithful = np.array([(one.unsupported, one.repetition, one.length_ratio) for one in found]).mean(0)
        first = rouge.mean(1) if first is None else first
        difference = rouge.mean(1) - first
        low, high, _ = paired(difference, seed=0)
        cells = [*rouge.mean(0), rouge.mean()]
        print(f"| {name} | " + " | ".join(f"{value:.4f}" for value in cells) +
              f" | {difference.mean():+.4f} ({low:+.4f} to {high:+.4f}) | " +
              " | ".join(f"{value:.3f}" for value in faithful) + " |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
