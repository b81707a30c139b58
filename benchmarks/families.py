"""Checks every model family: tunes, scores, asks and serves a tiny random model; prints the table of docs/models.md.

Run: python benchmarks/families.py --work DIR [--only qwen3 t5]

A row shows the engine and why no faster engine is used, or why the family fails. A family also fails if
`sumtune summarize`, `/summarize` and the OpenAI API return different texts. A line below the table counts the families
in which these three agree. Takes a few minutes and needs no network.
"""

import argparse
import contextlib
import io
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import tiny
from rich.console import Console
from starlette.testclient import TestClient

from sumtune.commands import pipeline
from sumtune.commands.summarize import summarize_text
from sumtune.config_resolution import resolve
from sumtune.errors import SumtuneError
from sumtune.files.run_dir import RunDir
from sumtune.serve.app import create_app
from sumtune.serve.loading import load_adapter

SMALL: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 512,
}  # fmt: skip
EQUAL_HEADS = {key: value for key, value in SMALL.items() if key not in {"head_dim", "num_key_value_heads"}}
"""Sizes for families that divide the hidden size equally among the heads."""
BOTH_SIDES: dict[str, Any] = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 512,
}  # fmt: skip
T5: dict[str, Any] = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}
GATED = {**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Gemma 2": ("gemma2", {**SMALL, "query_pre_attn_scalar": 16, "sliding_window": 64}),
    "Gemma 3": ("gemma3_text", {**SMALL, "query_pre_attn_scalar": 16, "sliding_window": 64}),
    "Llama 3, SmolLM 2": ("llama", SMALL),
    "Qwen 2, Qwen 2.5": ("qwen2", SMALL),
    "Qwen 3": ("qwen3", SMALL),
    "Mistral": ("mistral", {**SMALL, "sliding_window": 64}),
    "Phi 2": ("phi", SMALL),
    "Phi 3, Phi 4": ("phi3", {**SMALL, "pad_token_id": 0}),
    "SmolLM 3": ("smollm3", SMALL),
    "GPT-2": ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 512}),
    "GPT-NeoX, Pythia": ("gpt_neox", SMALL),
    "OPT": ("opt", {**SMALL, "ffn_dim": 64, "word_embed_proj_dim": 32}),
    "Falcon": ("falcon", {**EQUAL_HEADS, "alibi": False, "new_decoder_architecture": True, "num_kv_heads": 2}),
    "BLOOM": ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 2}),
    "OLMo 2": ("olmo2", SMALL),
    "Granite": ("granite", SMALL),
    "StableLM": ("stablelm", SMALL),
    "T5": ("t5", {**T5, "feed_forward_proj": "relu"}),
    "FLAN-T5": ("t5", GATED),
    "mT5": ("mt5", GATED),
    "LongT5": ("longt5", {**GATED, "encoder_attention_type": "transient-global", "local_radius": 32}),
    "BART": ("bart", BOTH_SIDES),
    "mBART": ("mbart", BOTH_SIDES),
    "PEGASUS": ("pegasus", BOTH_SIDES),
    "PEGASUS-X": ("pegasus_x", {**BOTH_SIDES, "block_size": 32, "num_global_tokens": 8}),
    "LED": ("led", {**BOTH_SIDES, "attention_window": 32, "max_encoder_position_embeddings": 512,
                    "max_decoder_position_embeddings": 512}),
    "Marian": ("marian", BOTH_SIDES),
    "BigBird-Pegasus": ("bigbird_pegasus", {**BOTH_SIDES, "block_size": 16, "num_random_blocks": 2}),
}  # fmt: skip
"""`model_type` in transformers and the sizes of a tiny model, by the family's usual name."""
SETTINGS = {
    "train.epochs": 1, "train.validate_every_steps": 4, "train.micro_batch_tokens": 512, "lora.rank": 4,
    "model.max_source_tokens": 128, "model.max_target_tokens": 32, "model.device": "cpu", "model.precision": "fp32",
}  # fmt: skip


def save_model(kind: str, sizes: dict[str, Any], folder: Path) -> Path:
    """Write a random model of `kind` with a tokenizer to `folder`."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    tokenizer = tiny.tokenizer(is_t5="t5" in kind)
    marks = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
    config = AutoConfig.for_model(kind, **{**marks, **sizes, "vocab_size": len(tokenizer)})
    if config.is_encoder_decoder:
        config.decoder_start_token_id, config.forced_eos_token_id = tokenizer.pad_token_id, None
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    torch.manual_seed(0)
    family.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tune(model: Path, work: Path) -> RunDir:
    """Tune and score `model` on a few made-up conversations."""
    run_dir, data = RunDir(work / "run"), tiny.write_jsonl(work / "data.jsonl", 40)
    settings = SETTINGS | {"model.name": str(model), "data.path": str(data)}
    pipeline.run(resolve("fast", overrides=settings), run_dir, Console(file=io.StringIO()), overwrite=True)
    return run_dir


def answers(run_dir: RunDir, dialogue: str) -> tuple[str, str, set[str]]:
    """Return the engine, why no faster one is used, and the summaries of the command, `/summarize` and OpenAI API."""
    loaded = load_adapter("tuned", run_dir.adapter)
    with TestClient(create_app({"tuned": lambda: loaded}), "http://localhost") as client:
        while client.get("/ready").status_code == 503:
            time.sleep(0.05)
        summary = client.post("/summarize", json={"dialogues": dialogue}).json()["summaries"][0]["summary"]
        messages = [{"role": "user", "content": dialogue}]
        chat = client.post("/v1/chat/completions", json={"model": "tuned", "messages": messages}).json()
    told = chat["choices"][0]["message"]["content"]
    reason = (loaded.slower_because or "").partition(" (supported")[0].removesuffix(".")
    return loaded.summarizer.engine, reason, {summary, told, summarize_text(dialogue, run_dir)}


def row(name: str, work: Path) -> tuple[str, bool]:
    """Return one line of the table, and whether all interfaces return the same text."""
    kind, sizes = FAMILIES[name]
    folder = work / name.replace(" ", "-").replace(",", "")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run_dir = tune(save_model(kind, sizes, folder / "model"), folder)
            engine, reason, told = answers(run_dir, tiny.conversation(70)["dialogue"])
    except Exception as error:
        reason = str(error) if isinstance(error, SumtuneError) else f"{type(error).__name__}: {error}"
        return f"| {name} | `{kind}` | none | fails: {' '.join(reason.split())[:100]} |", False
    same = len(told) == 1
    why = reason if same else "fails: the interfaces return different texts"
    return f"| {name} | `{kind}` | {engine} | {why} |", same


def main() -> None:
    """Print the table of docs/models.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for models and runs")
    parser.add_argument("--only", nargs="*", help="these rows only, by model_type")
    options = parser.parse_args()
    print("| models | `model_type` | engine | why not a faster engine |")
    print("|---|---|---|---|")
    same = []
    for name, (kind, _) in FAMILIES.items():
        if not options.only or kind in options.only:
            started = time.monotonic()
            line, is_same = row(name, options.work)
            same.append(is_same)
            print(line, flush=True)
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(
        f"\n`summarize`, `/summarize` and the OpenAI API return the same text in {sum(same)} of {len(same)} families."
    )


if __name__ == "__main__":
    main()
