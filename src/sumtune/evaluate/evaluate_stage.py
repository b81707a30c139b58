"""The stage `evaluate`: scores the tuned model, the base model and the baselines on the same examples."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sumtune.config import Config, DecodeConfig
from sumtune.data.example_file import load_jsonl
from sumtune.decode.build import build_for_any_length
from sumtune.decode.engine_entry import delete_engines
from sumtune.decode.search_settings import SearchSettings
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.reference_groups import ReferencedDialogue, group_by_dialogue
from sumtune.evaluate.saved_summaries import SavedSummaries, summarize_and_save
from sumtune.evaluate.scorecard import BASE, TUNED, Predictions, Scorecard, score_systems
from sumtune.evaluate.scorecard_io import FORMAT, load_scorecard_if_current, write_scorecard
from sumtune.files.checksums import fingerprint
from sumtune.files.resumable import delete_unfinished
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.model.generation_settings import GenerationSettings, save_generation
from sumtune.model.locate import locate
from sumtune.summarizer import OnProgress
from sumtune.text import parts
from sumtune.text.prompt import Prompt

__all__ = ["chosen_examples", "decoding_of", "run"]

StartSystem = Callable[[str, int], OnProgress]
"""Called with a system's name and the number of dialogues before it generates; returns the callback for progress."""


def chosen_examples(config: Config, run_dir: RunDir) -> tuple[str, list[ReferencedDialogue]]:
    """Return the name and the dialogues of the scored split: test, or validation if there is no test split."""
    split = "test" if run_dir.has(run_dir.split("test")) else "validation"
    examples = load_jsonl(run_dir.require(run_dir.split(split), "run"))
    by_hash = sorted(examples, key=lambda example: example.fingerprint)
    return split, group_by_dialogue(by_hash)[: config.evaluate.max_examples]


def decoding_of(system: str, config: Config) -> DecodeConfig:
    """Return the decoding settings of `system`: `decode`, with `evaluate.base_beams` for the base model."""
    return config.decode.model_copy(update={"beams": config.evaluate.base_beams}) if system == BASE else config.decode


def run(config: Config, run_dir: RunDir, start: StartSystem, *, again: bool = False) -> Scorecard:
    """Generate, score, and write `predictions.jsonl`, `scores.json` and `metrics.csv`; reuse scores of the same inputs.

    Also saves the decoding settings with the adapter, so that it later generates summaries as they were scored. With
    `again`, nothing is reused, not even the adapter's engines.
    """
    adapter = run_dir.require(run_dir.adapter, "train")
    made_from = _fingerprint(config, run_dir, adapter)
    if again:
        delete_engines(adapter)
        for name in (TUNED, BASE):
            delete_unfinished(_saved(run_dir, name))
    elif (current := load_scorecard_if_current(run_dir, made_from)) is not None:
        save_generation(adapter, GenerationSettings.of(config))
        return current
    scorecard = _score(config, run_dir, adapter, made_from, start)
    # Scores and settings must agree even after a crash, so the scores are invalid while the settings change.
    (run_dir.evaluation / "metrics.csv").unlink(missing_ok=True)
    save_generation(adapter, GenerationSettings.of(config))
    write_scorecard(scorecard, run_dir, made_from)  # replaces the folder, and so deletes the saved summaries
    return scorecard


def _saved(run_dir: RunDir, system: str) -> Path:
    """Return the file beside which the summaries of a system are saved until the evaluation is complete."""
    return run_dir.evaluation / f"{system}.jsonl"


def _score(config: Config, run_dir: RunDir, adapter: Path, made_from: str, start: StartSystem) -> Scorecard:
    begun = time.monotonic()
    split, examples = chosen_examples(config, run_dir)
    summaries, decoding = _generate(config, run_dir, adapter, made_from, examples, start)
    predictions: dict[str, Predictions] = {name: one.completions for name, one in summaries.items()}
    predictions |= {name: [baseline(one.dialogue) for one in examples] for name, baseline in BASELINES.items()}
    scorecard = score_systems(
        examples,
        predictions,
        split=split,
        decoding=decoding,
        seed=config.train.seed,
        generation_s={name: one.seconds for name, one in summaries.items()},
        rouge_tokens=config.evaluate.rouge_tokens,
    )
    return replace(scorecard, elapsed_s=time.monotonic() - begun + sum(one.earlier_s for one in summaries.values()))


def _fingerprint(config: Config, run_dir: RunDir, adapter: Path) -> str:
    settings: dict[str, Any] = config.model_dump(include={"model", "decode", "evaluate"})
    settings["evaluate"].pop("shown_examples")
    found = SearchSettings.of(config.decode, Prompt.load(adapter)).described()
    for name in ("no_repeat_ngram_size", "no_repeat_words"):
        del settings["decode"][name]
        settings["decode"] |= {name: found[name]} if found[name] else {}  # earlier releases did not have it
    settings["format"] = FORMAT, parts.VERSION
    splits = [file for name in ("validation", "test") if (file := run_dir.split(name)).exists()]
    return fingerprint([adapter / "adapter_model.safetensors", adapter / "prompt.json", *splits], settings)


def _generate(
    config: Config, run_dir: RunDir, adapter: Path, made_from: str, examples: Sequence[ReferencedDialogue],
    start: StartSystem,
) -> tuple[dict[str, SavedSummaries], dict[str, Mapping[str, Any]]]:  # fmt: skip
    """Return the summaries and the decoding settings of each model."""
    source, prompt = locate(config.model.name, config.model.revision), Prompt.load(adapter)
    dialogues, styles = [example.dialogue for example in examples], [example.style for example in examples]
    summaries: dict[str, SavedSummaries] = {}
    decoding: dict[str, Mapping[str, Any]] = {}
    run_dir.evaluation.mkdir(parents=True, exist_ok=True)
    for name, folder in {TUNED: adapter, BASE: None}.items():
        if name == BASE and not config.evaluate.base:
            continue
        summarizer = build_for_any_length(source, folder, prompt, decoding_of(name, config), config.model.device)
        summaries[name] = summarize_and_save(
            _saved(run_dir, name), made_from, summarizer, dialogues, styles, partial(start, name)
        )
        decoding[name] = dict(summarizer.decoding)
        del summarizer
        free_memory()
    return summaries, decoding
