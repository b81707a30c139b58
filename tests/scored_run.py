"""Run folders with everything that a scored run holds, written without a model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import tiny
from safetensors.numpy import save_file

from sumtune.config_resolution import resolve
from sumtune.data.example import Example, dump_jsonl
from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.overlap import METRICS, as_array
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.scorecard import Scorecard, SystemScores, estimates, score_systems
from sumtune.evaluate.scorecard_io import write_scorecard
from sumtune.files.atomic import write_text
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import write_manifest
from sumtune.model.adapter_files import CONFIG, SETTINGS, WEIGHTS, adapter_sums
from sumtune.summarizer import Completion
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import save_encoded
from sumtune.text.prompt import Prompt
from sumtune.train.event_log import append_event

COUNT = 40
STEPS = 12
SPLITS = {"train": range(100, 120), "validation": range(200, 205), "test": range(COUNT)}
DECODING = {
    "tuned": {"engine": "native", "number_format": "int8", "beams": 4, "length_penalty": 1.0},
    "base": {"engine": "native", "number_format": "int8", "beams": 1, "length_penalty": None},
}
RECORD = {
    "versions": {"python": "3.11", "sumtune": "0.2.0"},
    "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    "forecast": {"training_s": 60.0, "evaluation_s": 20.0, "peak_memory_bytes": 2_400_000_000, "after_step": 0},
    "training_s": 66.0, "evaluation_s": 19.0,
}  # fmt: skip


def conversation(number: int) -> ReferencedDialogue:
    """A conversation with unusual words, of which every fifth has three times as many turns."""
    row = tiny.conversation(number)
    more = "".join(
        f"\nZebulon{number}: Swordfish-{number} <b>{at}</b> quokka." for at in range(2 + 8 * (number % 5 == 0))
    )
    return ReferencedDialogue(f"id-{number}", row["dialogue"] + more, (row["summary"],))


def scorecard(words: int = 7, count: int = COUNT) -> Scorecard:
    """A tuned system that writes the first `words` words of each reference, and something invented in every third."""
    examples = [conversation(number) for number in range(count)]
    tuned = [" ".join(one.references[0].split()[: words + place % 3]) for place, one in enumerate(examples)]
    tuned = [f"{text} Wolfgang pays 77." if place % 3 == 0 else text for place, text in enumerate(tuned)]
    predictions = {
        "tuned": [Completion(text, len(text.split()), False) for text in tuned],
        "base": [Completion("I do not know.", 4, False)] * len(examples),
        **{name: [baseline(one.dialogue) for one in examples] for name, baseline in BASELINES.items()},
    }
    return score_systems(examples, predictions, split="test", decoding=DECODING, seed=0, generation_s={"tuned": 3.0})


def repeated(card: Scorecard, count: int) -> Scorecard:
    """A scorecard of `count` examples: those of `card`, which come again and again under new ids, and their ROUGE."""
    examples = tuple(replace(card.examples[at % len(card.examples)], id=f"copy-{at}") for at in range(count))

    def again(name: str) -> SystemScores:
        scores = as_array([one.systems[name].scores for one in examples])
        return replace(card.systems[name], metrics=estimates(METRICS, scores, card.signature.seed))

    systems = {name: again(name) for name in card.systems}
    return replace(card, examples=examples, signature=replace(card.signature, n=count), systems=systems)


def write_run(root: Path, card: Scorecard, record: dict | None = None, **overrides) -> RunDir:
    """Write a run folder whose scores are `card`; `overrides` are settings with `__` for the dot."""
    run_dir = RunDir(root)
    config = resolve(overrides={key.replace("__", "."): value for key, value in overrides.items()})
    _write_data(run_dir)
    _write_training(run_dir)
    write_scorecard(card, run_dir)
    write_record(run_dir.run_json, {"config": config.model_dump(mode="json"), **RECORD, **(record or {})})
    diagnose_run(run_dir)
    return run_dir


def _write_data(run_dir: RunDir) -> None:
    for name, numbers in SPLITS.items():
        rows = [conversation(number) for number in numbers]
        examples = [
            Example(one.id, one.dialogue, one.references[0], "chats.csv", row) for row, one in enumerate(rows, 1)
        ]
        write_text(run_dir.split(name), dump_jsonl(examples))
    write_manifest(run_dir.ingestion, {"columns": {}})
    findings = [
        {"code": "duplicate", "severity": "warning", "message": "repeats chats.csv:1", "file": "chats.csv", "row": 9}
    ]
    sizes = {name: len(numbers) for name, numbers in SPLITS.items()}
    write_record(run_dir.validation_report, {"examples": sizes, "dropped": 0, "findings": findings})
    run_dir.transformation.mkdir(parents=True)
    encoded = [Encoded(tuple(range(3, 20 + number)), tuple(range(3, 9))) for number in range(len(SPLITS["train"]))]
    save_encoded(encoded, run_dir.transformation / "train.safetensors")
    write_manifest(run_dir.transformation, {})


def _write_training(run_dir: RunDir) -> None:
    events = [{"event": "start", "step": 0, "total_steps": STEPS, "warmup_steps": 2}]
    for step in range(1, STEPS + 1):
        numbers = {"loss": 3 - step / 6, "learning_rate": 3e-4 * (1 - step / STEPS), "gradient_norm": 1.0, "tokens": 50}
        events.append({"event": "step", "step": step, **numbers, "elapsed_s": 5.0 * step})
    events += [{"event": "validation", "step": step, "loss": 2.8 - step / 8, "best": True} for step in (0, 6, STEPS)]
    for event in [*events, {"event": "end", "step": STEPS}]:
        append_event(run_dir.train_metrics, event)
    run_dir.adapter.mkdir(parents=True)
    weights = np.zeros((4, 4), np.float32)
    save_file({"base_model.model.q_proj.lora_A.weight": weights}, run_dir.adapter / WEIGHTS)
    (run_dir.adapter / CONFIG).write_text(
        json.dumps({"peft_type": "LORA", "r": 4, "base_model_name_or_path": "/home/ann/secret-folder/model"})
    )
    Prompt("Conversation:\n", "\n\nSummary:", " ", 1024, 64).save(run_dir.adapter)
    settings = {"model": {"name": "embedded"}, "decode": {"beams": 4}}
    write_record(run_dir.adapter / SETTINGS, settings | adapter_sums(run_dir.adapter))
    write_record(run_dir.trainer / "manifest.json", {"best_step": STEPS, "elapsed_s": 66.0, "adapter": {WEIGHTS: "00"}})
