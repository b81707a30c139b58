"""Checks that the diagnosis names both causes in a widely copied notebook, from the files of a real Trainer.

Run: python benchmarks/guide_case.py --work DIR (after: pip install accelerate)

40 examples, LoRA, a warm-up of 100 optimizer steps in a run of 10, and a decoding loop that joins a text with spaces.
The embedded model is trained twice, with that warm-up and with one of a single step. Prints ROUGE-1 of each with and
without the spaces, which shows the effect of each fault, and the diagnosis of the files that the Trainer leaves. Takes
about five minutes on one core. Only this benchmark needs accelerate.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

from sumtune.commands.diagnose import show_diagnosis_of_file
from sumtune.data.embedded import embedded_pairs
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.model.gguf_convert import embedded_folder
from sumtune.terminal.console import plain_console

PROMPT = "Summarize this conversation:\n\n{}\n\nSummary: "
EXAMPLES, WARMUP_STEPS, NEW_TOKENS = 40, 100, 48
Pair = tuple[str, str]
"""A dialogue and its summary."""


def main() -> None:
    """Train twice, write the files of predictions, and diagnose those of the faulty run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the files of both runs")
    parser.add_argument("--scored", type=int, default=20, help="test dialogues to summarize")
    given = parser.parse_args()
    train, test = embedded_pairs("train")[:EXAMPLES], embedded_pairs("test")[: given.scored]
    for name, warmup in (("one warm-up step", 1), ("the notebook's warm-up", WARMUP_STEPS)):
        folder = given.work / f"warmup-{warmup}"
        predictions = summaries(train_adapter(train, folder, warmup), test)
        for spaced in (False, True):
            texts = [" ".join(text) for text in predictions] if spaced else predictions
            file = folder / f"predictions{'-spaced' * spaced}.jsonl"
            write(file, test, texts)
            print(f"{name}, {'with' if spaced else 'without'} spaces: ROUGE-1 {read_predictions(file).score:.3f}")
    show_diagnosis_of_file(file, (None, None, None), None, None, folder, plain_console())


def train_adapter(train: Sequence[Pair], folder: Path, warmup_steps: int) -> Any:
    """Train LoRA as the notebook does, and save what a Trainer saves."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(embedded_folder())
    base = AutoModelForCausalLM.from_pretrained(embedded_folder(), dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    arguments = TrainingArguments(
        output_dir=str(folder), num_train_epochs=1, per_device_train_batch_size=1, gradient_accumulation_steps=4,
        warmup_steps=warmup_steps, learning_rate=2e-4, logging_steps=10, save_strategy="no", report_to=[],
        use_cpu=True, disable_tqdm=True, seed=0,
    )  # fmt: skip
    rows = [encoded(tokenizer, pair) for pair in train]
    trainer = Trainer(model=model, args=arguments, train_dataset=rows)
    trainer.train()
    trainer.save_model()
    trainer.save_state()
    return tokenizer, model.eval()


def encoded(tokenizer: Any, pair: Pair) -> dict[str, list[int]]:
    """Return token ids and labels; only the summary has labels."""
    dialogue, summary = pair
    source = tokenizer(PROMPT.format(dialogue))["input_ids"]
    target = [*tokenizer(summary, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    ids = source + target
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": [-100] * len(source) + target}


def summaries(trained: Any, test: Sequence[Pair]) -> list[str]:
    """Return a greedy summary of each dialogue, up to its first line break."""
    tokenizer, model = trained
    texts = []
    for dialogue, _ in test:
        inputs = tokenizer(PROMPT.format(dialogue), return_tensors="pt")
        with torch.no_grad():
            output = model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
        new = output[0, inputs["input_ids"].shape[1] :]
        texts.append(tokenizer.decode(new, skip_special_tokens=True).strip().partition("\n")[0])
    return texts


def write(file: Path, test: Sequence[Pair], texts: Sequence[str]) -> None:
    """Write a file of predictions."""
    rows = [
        {"dialogue": dialogue, "reference": summary, "prediction": text}
        for (dialogue, summary), text in zip(test, texts, strict=True)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
