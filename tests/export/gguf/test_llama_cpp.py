"""llama.cpp itself: it makes the same tokens and computes the same logits, and a wrong file is refused.

These tests need the package llama-cpp-python, which `make test` does not install.
"""

from dataclasses import replace

import gguf_models
import numpy as np
import pytest
import small_runs
import tiny
import torch

from sumtune.commands.export import export_run
from sumtune.errors import ExportError, ModelError
from sumtune.export.gguf import write as gguf_write
from sumtune.export.gguf.architecture import architecture_of
from sumtune.export.gguf.file import Tensor, write_gguf
from sumtune.export.gguf.metadata import model_metadata
from sumtune.export.gguf.runtime import LlamaCpp
from sumtune.export.gguf.tensors import model_tensors
from sumtune.export.gguf.vocabulary import vocabulary_of
from sumtune.export.ollama import format as ollama_format
from sumtune.export.ollama.modelfile import text_of
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

pytestmark = pytest.mark.e2e
llama_cpp = pytest.importorskip("llama_cpp")

PROMPT = Prompt("Conversation:\n", "\n\nSummary:", " ", 64, 32)
TEXTS = [
    *(tiny.conversation(number)["dialogue"] for number in range(6)),
    "  two  spaces\n\n\tand ünïcödé, 中文, 🙂 1,000!\n",
]
LARGEST_DIFFERENCE = 0.03
"""Between logits with a standard deviation of 1. llama.cpp rounds the numbers between layers to float16."""


@pytest.mark.parametrize("name", [*gguf_models.MODELS, *gguf_models.MORE])
def test_llama_cpp_makes_the_same_tokens_and_logits(name, tmp_path):
    tok = gguf_models.tokenizer_of(name)
    model = gguf_models.tiny_gguf_model(name, tok)
    architecture, encoder = architecture_of(model.config), Encoder(tok, PROMPT, False, vocabulary_size=len(tok))
    metadata = model_metadata(architecture, vocabulary_of(tok, len(tok)), tok, encoder, "Tiny", "f16")
    write_gguf(tmp_path / "m.gguf", architecture.name, metadata, model_tensors(model, architecture, "f16"))
    llama = llama_cpp.Llama(str(tmp_path / "m.gguf"), n_ctx=256, logits_all=True, verbose=False, n_threads=1)
    for text in TEXTS:
        assert llama.tokenize(text.encode(), add_bos=True, special=True) == tok(text).input_ids
    ids = tok(TEXTS[3]).input_ids
    llama.eval(ids)
    expected = model(torch.tensor([ids])).logits[0].numpy()
    assert np.abs(llama.scores[: len(ids)] - expected).max() < LARGEST_DIFFERENCE


@pytest.mark.parametrize("name", ["gguf", "gguf-q8_0", "gguf-adapter", "ollama"])
def test_every_format_passes_its_proof(name, export_runs, output):
    assert export_run(export_runs("gemma"), name, output, small_runs.console(), examples=3) == output


def test_a_wrong_template_is_refused(export_runs, output, monkeypatch):
    def write_wrong(found):
        return text_of(replace(found, template="{{ .Prompt }}"))

    monkeypatch.setattr(ollama_format, "text_of", write_wrong)
    with pytest.raises(ExportError, match="prompts have other tokens"):
        export_run(export_runs("gemma"), "ollama", output, small_runs.console(), examples=3)


def test_an_adapter_that_does_not_fit_is_refused(export_runs, output, monkeypatch):
    tensor = Tensor("blk.0.attn_q.weight.lora_a", (4, 7), "F32", lambda: np.zeros((4, 7), np.float32))
    monkeypatch.setattr(gguf_write, "adapter_tensors", lambda *_: [tensor])
    with pytest.raises(ModelError, match=r"llama.cpp cannot load adapter.gguf: .*missing one component"):
        export_run(export_runs("gemma"), "gguf-adapter", output, small_runs.console(), examples=3)


def test_what_is_no_gguf_file_is_refused_with_the_reason(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ModelError, match=r"llama.cpp cannot load model.gguf: .*gguf"):
        LlamaCpp(tmp_path / "model.gguf", 256)
