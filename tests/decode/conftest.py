from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import tiny
from safetensors.torch import load_file, save_file

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_summarizer
from sumtune.files.cache_dir import CACHE
from sumtune.model.load import load_base
from sumtune.model.locate import LocalModel
from sumtune.model.lora import add_lora, save_adapter, target_modules, trainable
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.summarizer import Summarizer
from sumtune.text.prompt import Prompt

SHARPER = 6
"""Factor of the weights. It makes predictions peaked and dependent on the dialogue, so that no tokens tie."""
PROMPT = Prompt("", "\nTL;DR:", "", max_source_tokens=200, max_target_tokens=12)

Make = Callable[..., Summarizer]


@pytest.fixture(scope="session")
def decode_cache(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Path:
    """A cache in which base models are converted once for all tests of decoding."""
    folder = tmp_path_factory.mktemp("cache")
    copytree(compiled, folder / "kernels")
    return folder


@pytest.fixture(autouse=True)
def _cache(decode_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(decode_cache))


def change_weights(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Rewrite the safetensors file of a model or adapter folder."""
    (file,) = folder.glob("*.safetensors")
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def sharpened(weights: dict[str, Any]) -> dict[str, Any]:
    """Multiply matrices by `SHARPER`; forbid the end mark to BART, which would only repeat its start mark."""
    sharp = {key: value * SHARPER if value.dim() > 1 else value for key, value in weights.items()}
    if (bias := sharp.get("final_logits_bias")) is not None:
        bias[0, 2] = -1000.0
    return sharp


@pytest.fixture(scope="session")
def sharp_models(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tiny models with peaked predictions."""
    root = tmp_path_factory.mktemp("sharp")
    folders = {name: Path(copytree(folder, root / name)) for name, folder in tiny_models.items()}
    for folder in folders.values():
        change_weights(folder, sharpened)
    return folders


@pytest.fixture(scope="session")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Gemma with peaked predictions and words of seven languages among its tokens, English ones first."""
    texts = [text for pairs in tiny.foreign_pairs().values() for pair in pairs for text in pair]
    tokenizer = tiny.tokenizer(more_texts=texts, size=1500)
    folder = tiny.save_model("gemma", tmp_path_factory.mktemp("polyglot") / "gemma", tokenizer)
    change_weights(folder, sharpened)
    return folder


@pytest.fixture(scope="session")
def make(sharp_models: dict[str, Path]) -> Make:
    """Makes a summarizer of a tiny model (name or folder), by default greedy and in float32."""

    def make_summarizer(
        model: str | Path,
        engine: str = "ctranslate2",
        adapter: Path | None = None,
        prompt: Prompt = PROMPT,
        **decode: Any,
    ) -> Summarizer:
        folder = sharp_models[model] if isinstance(model, str) else model
        settings = DecodeConfig(**({"beams": 1, "quantization": "float32", "engine": engine} | decode))
        return build_summarizer(LocalModel(folder, folder.name), adapter, prompt, settings, "cpu")

    return make_summarizer


@pytest.fixture(scope="session")
def shared(make: Make) -> Make:
    """Like `make`, but returns the same summarizer to all tests that ask for the same one."""
    made: dict[str, Summarizer] = {}

    def get(*arguments: Any, **options: Any) -> Summarizer:
        key = repr((arguments, sorted(options.items())))
        if key not in made:
            made[key] = make(*arguments, **options)
        return made[key]

    return get


def with_limit(max_target_tokens: int) -> Prompt:
    """Return the prompt of these tests with another limit of generation."""
    return replace(PROMPT, max_target_tokens=max_target_tokens)


@pytest.fixture(scope="session")
def dialogues() -> list[str]:
    """Dialogues of different lengths, the longest neither first nor last."""
    return ["Ana: Hi.", *(tiny.conversation(number)["dialogue"] for number in (0, 7, 22)), "Ben: Who?"]


@pytest.fixture
def save_lora(tmp_path: Path) -> Callable[[Path, float], Path]:
    """Saves a random adapter that changes the weights of a model by the given size; 0 changes nothing."""

    def save(base_folder: Path, size: float) -> Path:
        import torch

        base = load_base(base_folder, torch.float32)
        adapted, generator = add_lora(
            base, base_name=str(base_folder), rank=4, alpha=8.0, dropout=0.0, targets=target_modules(base, None), seed=0
        )
        weights = {
            name: torch.randn(weight.shape, generator=generator) * (size if "lora_B" in name else 1.0)
            for name, weight in trainable(adapted).items()
        }
        folder = tmp_path / f"adapter-{size}"
        save_adapter(adapted, weights, folder)
        PROMPT.save(folder)
        SummaryTokens((), english=True).save(folder)
        return folder

    return save


@pytest.fixture
def change() -> Callable[..., None]:
    """Rewrites the weights of a folder."""
    return change_weights
