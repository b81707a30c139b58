"""An instruction-tuned model from data to service: tuned, scored and asked with its own chat template."""

import io
from pathlib import Path

import tiny
from rich.console import Console
from starlette.testclient import TestClient

from sumtune.commands import pipeline
from sumtune.commands.summarize import summarize_text
from sumtune.config_resolution import resolve
from sumtune.files.run_dir import RunDir
from sumtune.serve.app import create_app
from sumtune.serve.loading import load_adapter
from sumtune.text.prompt import Prompt

SETTINGS = {
    "train.epochs": 1, "train.validate_every_steps": 4, "train.micro_batch_tokens": 512, "lora.rank": 4,
    "model.max_source_tokens": 128, "model.max_target_tokens": 32, "model.device": "cpu", "model.precision": "fp32",
}  # fmt: skip


def test_every_way_of_asking_uses_the_chat_template(tmp_path: Path) -> None:
    model = tiny.save_model("llama", tmp_path / "model", tiny.chat_tokenizer("chatml"))
    data, run_dir = tiny.write_jsonl(tmp_path / "data.jsonl", 40), RunDir(tmp_path / "run")
    settings = SETTINGS | {"model.name": str(model), "data.path": str(data), "model.instruction": "In one sentence:"}
    pipeline.run(resolve("fast", overrides=settings), run_dir, Console(file=io.StringIO()))
    prompt = Prompt.load(run_dir.adapter)
    assert prompt.before == "<|im_start|>user\nIn one sentence:\n\n"
    assert prompt.end == "<|im_end|>"

    dialogue = tiny.conversation(70)["dialogue"]
    loaded = load_adapter("tuned", run_dir.adapter)
    with TestClient(create_app({"tuned": lambda: loaded}), "http://localhost") as client:
        while client.get("/ready").status_code == 503:
            pass
        (answer,) = client.post("/summarize", json={"dialogues": dialogue}).json()["summaries"]
        messages = [{"role": "user", "content": dialogue}]
        chat = client.post("/v1/chat/completions", json={"model": "tuned", "messages": messages}).json()
    summary = summarize_text(dialogue, run_dir)
    assert summary
    assert answer["summary"] == chat["choices"][0]["message"]["content"] == summary
