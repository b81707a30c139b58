"""Measures training speed: ours, ours without kernels, and transformers' Trainer with PEFT, on the same examples.

Run: python benchmarks/train_speed.py --data samsum/ [--examples 48] [--systems ours trainer-fp32] [--set lora.rank=16]…
     python benchmarks/train_speed.py --shape t5-base [--examples 48] …

With `--shape`, the model has the shape of a real one but random weights, and the conversations are random words. Each
system runs in a separate process, one after the other: rank 16 on query and value, 4 examples per optimizer
step. Prints examples and tokens per second, the ratio to the slowest, and peak memory; for ours also the share of the
time that the matrix products alone would take, at the speed of products of 2,048 rows on this machine.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpu_shapes import SHAPES, save_shape, write_conversations

SYSTEMS = ("trainer-fp32", "trainer-bf16", "ours-without-kernels", "ours")
SETTINGS = ("train.epochs=1", "lora.target_modules=null", "lora.dropout=0.05")
STEP_EXAMPLES = 4
LEARNING_RATE = 5e-4


def main() -> None:
    """Measure one system with `--only`, otherwise all systems in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data")
    source.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--examples", type=int, default=48)
    parser.add_argument("--systems", nargs="+", default=SYSTEMS, choices=SYSTEMS)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--only", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--run-dir", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.only, given.run_dir, given.examples)))
        return
    with tempfile.TemporaryDirectory() as folder:
        data, settings = given.data, [*SETTINGS, *given.settings]
        if given.shape:
            data, model = random_shape(given.shape, Path(folder))
            settings.append(f"model.name={model}")
        prepare(data, Path(folder) / "run", settings)
        report({name: in_a_process(name, folder, given) for name in given.systems})


def random_shape(shape: str, folder: Path) -> tuple[str, Path]:
    """Return a folder of conversations of random words and a model of the shape `shape`."""
    for split, count in (("train", 400), ("validation", 40)):
        write_conversations(folder / "data" / f"{split}.jsonl", count, seed=count)
    return str(folder / "data"), save_shape(shape, folder / "model")


def prepare(data: str, folder: Path, settings: list[str]) -> None:
    """Ingest and encode `data` into a run folder."""
    from sumtune.config_resolution import resolve
    from sumtune.data import ingest
    from sumtune.files.atomic import write_json
    from sumtune.files.run_dir import RunDir
    from sumtune.model import encode_stage as encode

    config = resolve(assignments=(*settings, f"data.path={data}"))
    encoder = encode.make_encoder(config.model)
    ingest.run(config, RunDir(folder), lambda: encoder)
    encode.run(config, RunDir(folder), lambda: encoder)
    write_json(folder / "benchmark.json", config.model_dump(mode="json"))


def in_a_process(name: str, folder: str, given: argparse.Namespace) -> dict[str, float]:
    """Return the result of `measure` in a new Python process."""
    command = [sys.executable, __file__, "--data", "", "--examples", str(given.examples), "--only", name]
    environment = os.environ | {"SUMTUNE_KERNELS": "0" if name == "ours-without-kernels" else "1"}
    done = subprocess.run([*command, "--run-dir", f"{folder}/run"], check=True, stdout=subprocess.PIPE, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(name: str, folder: Path, count: int) -> dict[str, float]:
    """Return the speed over `count` examples after one warm-up step, and the peak memory."""
    from sumtune.config import Config
    from sumtune.files.run_dir import RunDir

    config = Config.model_validate_json((folder / "benchmark.json").read_text())
    run = ours if name.startswith("ours") else trainer
    result = run(config, RunDir(folder), count, name)
    return result | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def ours(config, run_dir, count, _name):
    """Measure our optimizer steps, as in a run."""
    from sumtune.train import session as training

    session = training.prepare(config, run_dir)
    steps = [[session.examples[at] for at in session.plan.batch(step)] for step in range(1 + count // STEP_EXAMPLES)]
    training.compute_gradient(session, steps[0], config.train.micro_batch_tokens)
    begun = time.perf_counter()
    for step in steps[1:]:
        training.compute_gradient(session, step, config.train.micro_batch_tokens)
        session.master_weights.clear_gradients()
        session.master_weights.copy_to_model()
    seconds = time.perf_counter() - begun
    examples = [example for step in steps[1:] for example in step]
    return counts(examples, seconds) | {"ceiling": ceiling_seconds(session, examples) / seconds}


def trainer(config, run_dir, count, name):
    """Measure training as in a tutorial: Trainer, PEFT, padded batches, labels masked outside the summary."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    from sumtune.model.load import load_base, load_tokenizer
    from sumtune.model.locate import locate
    from sumtune.text.encoded_file import load_encoded
    from sumtune.train.training_plan import TrainingPlan

    folder = locate(config.model.name).folder
    dtype = torch.bfloat16 if name.endswith("bf16") else torch.float32
    base = load_base(folder, dtype, torch.device("cpu"))
    decoder_only = not base.config.is_encoder_decoder
    model = get_peft_model(base, LoraConfig(
        r=config.lora.rank, lora_alpha=config.lora.alpha, lora_dropout=config.lora.dropout,
        task_type="CAUSAL_LM" if decoder_only else "SEQ_2_SEQ_LM",  # without target_modules: query and value
    ))  # fmt: skip
    model.train()
    encoded = load_encoded(run_dir.transformation / "train.safetensors")
    plan = TrainingPlan(tuple(example.length for example in encoded), config.train)
    steps = [[encoded[at] for at in plan.batch(step)] for step in range(1 + count // STEP_EXAMPLES)]

    def row(one):
        if decoder_only:
            return {"input_ids": [*one.source, *one.target], "labels": [-100] * len(one.source) + list(one.target)}
        return {"input_ids": list(one.source), "labels": list(one.target)}

    def train(examples):
        rows = [row(one) for one in examples]
        settings = TrainingArguments(
            output_dir=str(run_dir.root / name), per_device_train_batch_size=1, use_cpu=True, num_train_epochs=1,
            gradient_accumulation_steps=STEP_EXAMPLES, learning_rate=LEARNING_RATE, bf16=name.endswith("bf16"),
            save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True,
        )  # fmt: skip
        begun = time.perf_counter()
        collator = DataCollatorForSeq2Seq(load_tokenizer(folder), model=None if decoder_only else base)
        Trainer(model, settings, collator, train_dataset=rows).train()
        return time.perf_counter() - begun

    train(steps[0])
    examples = [example for step in steps[1:] for example in step]
    return counts(examples, train(examples))


def counts(examples, seconds):
    """Return the examples and tokens per second."""
    return {
        "examples": len(examples) / seconds,
        "tokens": sum(example.length for example in examples) / seconds,
    }


def ceiling_seconds(session, examples) -> float:
    """Return the seconds of the products alone: forward and backward, the output layer only for summary tokens."""
    import torch

    head = session.loss_fn.model.get_output_embeddings().weight
    body = session.all_parameters - session.trainable_parameters - head.numel()
    targets = sum(len(example.target) for example in examples)
    flops = 4 * body * sum(example.length for example in examples) + 4 * head.numel() * targets
    left, right = (torch.ones(2048, 2048, dtype=head.dtype) for _ in range(2))
    torch.nn.functional.linear(left, right)
    begun = time.perf_counter()
    for _ in range(8):
        torch.nn.functional.linear(left, right)
    return flops / (8 * 2 * 2048**3 / (time.perf_counter() - begun))


def report(results: dict[str, dict[str, float]]) -> None:
    """Print one line per system."""
    slowest = min(result["examples"] for result in results.values())
    print(f"{'':<22}{'examples/s':>11}{'tokens/s':>10}{'ratio':>7}{'memory':>9}{'ceiling':>9}")
    for name, result in results.items():
        share = f"{result['ceiling']:9.0%}" if "ceiling" in result else ""
        print(
            f"{name:<22}{result['examples']:11.2f}{result['tokens']:10.0f}{result['examples'] / slowest:7.1f}"
            f"{result['memory'] / 1e9:6.2f} GB{share}"
        )


if __name__ == "__main__":
    main()
