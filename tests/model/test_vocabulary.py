"""A token without an embedding is reported before any computation, in every use of a model."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import tiny
import torch

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_summarizer
from sumtune.errors import ModelError
from sumtune.model.load import load_base, load_config, load_tokenizer
from sumtune.model.locate import LocalModel
from sumtune.model.tokenizer import load_encoder
from sumtune.model.vocabulary import require_known_ids, vocabulary_size
from sumtune.text.encode import Encoded
from sumtune.text.prompt import Prompt
from sumtune.train.session import Session

PROMPT = Prompt("Read: ", "\nTL;DR:", "", max_source_tokens=100, max_target_tokens=8)
ROWS = 400
MISSING = rf"'(<end>|<more>)' the id {ROWS}, but the model has only {ROWS} embeddings.*resize_token_embeddings"


pytestmark = pytest.mark.usefixtures("module_cache")


@pytest.fixture(params=["llama", "t5"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def with_token(folder: Path, copy: Path, token: str, **marks: str) -> Path:
    """A copy of a model whose tokenizer has one more token. The model is not resized."""
    copytree(folder, copy)
    tokenizer = load_tokenizer(copy)
    tokenizer.add_tokens([token], special_tokens=True)
    for mark, value in marks.items():
        setattr(tokenizer, mark, value)
    tokenizer.save_pretrained(copy)
    return copy


@pytest.fixture
def ends(tiny_models: dict[str, Path], tmp_path: Path, name: str) -> Path:
    """A model whose end-of-sequence token has no embedding."""
    return with_token(tiny_models[name], tmp_path / "ends", "<end>", eos_token="<end>")


@pytest.fixture
def more(tiny_models: dict[str, Path], tmp_path: Path, name: str) -> Path:
    """A model with a token without embedding that only some texts have, like `<image_soft_token>` of Gemma 3 1B."""
    return with_token(tiny_models[name], tmp_path / "more", "<more>")


def test_an_end_mark_without_a_row_is_refused(ends: Path) -> None:
    for _ in range(2):  # the second time the tokenizer may come from the cache
        with pytest.raises(ModelError, match=MISSING):
            load_encoder(ends, PROMPT)


def test_training_is_refused_before_it_begins(ends: Path, session_in: Callable[..., Session], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=MISSING):
        session_in(tmp_path, "llama", changed={"model.name": str(ends)})


@pytest.mark.parametrize("engine", ["auto", "native", "ctranslate2", "torch"])
def test_every_engine_refuses_it(ends: Path, engine: str) -> None:
    with pytest.raises(ModelError, match=MISSING):
        build_summarizer(LocalModel(ends, "ends"), None, PROMPT, DecodeConfig(engine=engine, beams=1), "cpu")


def test_a_text_with_a_token_that_has_no_row_is_refused_and_others_are_not(more: Path) -> None:
    for _ in range(2):
        encoder = load_encoder(more, PROMPT)
        assert max(encoder.source("Ann: Hi")) < ROWS
        for use in (encoder.source, encoder.target, lambda text, count=encoder.count: count(["Ann: Hi", text])):
            with pytest.raises(ModelError, match=MISSING):
                use("Ann: See <more> of it")


@pytest.mark.parametrize("engine", ["native", "ctranslate2", "torch", "auto"])
def test_the_other_texts_are_summarized(more: Path, tiny_models: dict[str, Path], name: str, engine: str) -> None:
    if name == "t5" and engine in ("native", "ctranslate2"):
        pytest.skip("these do not know the model: auto takes torch")
    settings = DecodeConfig(engine=engine, beams=2, shortlist=50, quantization="float32" if name == "t5" else "int8")
    texts = ["Ann: Hi <mo", "Ben: Bread, more bread"]
    ours, expected = (
        build_summarizer(LocalModel(folder, "x"), None, PROMPT, settings, "cpu").summarize(texts)
        for folder in (more, tiny_models[name])
    )
    assert [one.text for one in ours] == [one.text for one in expected]


@pytest.mark.parametrize("pad", ["<more>", None])
def test_padding_needs_no_row(tiny_models: dict[str, Path], tmp_path: Path, name: str, pad: str | None) -> None:
    folder = with_token(tiny_models[name], tmp_path / "padded", "<more>", **({"pad_token": pad} if pad else {}))
    texts = [tiny.conversation(number)["dialogue"] for number in (0, 3)]
    settings = DecodeConfig(engine="torch", beams=1)
    ours, expected = (
        build_summarizer(LocalModel(one, "x"), None, PROMPT, settings, "cpu").summarize(texts)
        for one in (folder, tiny_models[name])
    )
    assert ours == expected


def test_an_adapter_with_an_embedding_of_its_own_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    from peft import LoraConfig, TaskType, get_peft_model

    config: Any = LoraConfig(
        task_type=TaskType.CAUSAL_LM, r=2, target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"]
    )
    get_peft_model(load_base(tiny_models["llama"], torch.float32), config).save_pretrained(tmp_path / "adapter")
    source = LocalModel(tiny_models["llama"], "llama")
    for engine in ("native", "ctranslate2", "torch"):
        with pytest.raises(ModelError, match="'modules_to_save', which sumtune does not support"):
            build_summarizer(source, tmp_path / "adapter", PROMPT, DecodeConfig(engine=engine, beams=1), "cpu")


@pytest.mark.parametrize("token", [-1, ROWS, 10**9])
@pytest.mark.parametrize("part", ["source", "target"])
def test_encoded_examples_are_checked_before_training(
    tiny_models: dict[str, Path], name: str, token: int, part: str
) -> None:
    model = load_base(tiny_models[name], torch.float32)
    whole = {"source": (1, ROWS - 1), "target": (0, 2)}
    require_known_ids(model, [Encoded(**whole)])
    with pytest.raises(ModelError, match=rf"the id {token}, but the model has only {ROWS} embeddings.*Delete"):
        require_known_ids(model, [Encoded(**whole), Encoded(**whole | {part: (5, token)})])


def test_a_decoder_that_starts_without_a_row_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(copytree(tiny_models["t5"], tmp_path / "model"))
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"decoder_start_token_id": 0', '"decoder_start_token_id": 7000'))
    with pytest.raises(ModelError, match=r"starts with the id 7000.*config\.json"):
        vocabulary_size(load_config(folder))
    with pytest.raises(ModelError, match="starts with the id 7000"):
        load_encoder(folder, PROMPT)
