"""Models with few positions: longer dialogues can be trained on and summarized, without an index out of range."""

from pathlib import Path
from typing import Any

import pytest
import tiny
import torch

from sumtune.config import DecodeConfig, ModelConfig
from sumtune.decode.build import build_summarizer
from sumtune.model.encode_stage import fit_token_limits, limit_notes, make_encoder
from sumtune.model.load import load_base, position_limits
from sumtune.model.locate import LocalModel
from sumtune.model.tokenizer import load_encoder
from sumtune.text.position_limits import PositionLimits
from sumtune.text.prompt import Prompt

FEW = 192
LONG = "\n".join(f"Ana: {number} breads, tickets and flowers for Monday." for number in range(60))
ASKED = Prompt("", "\nTL;DR:", "", max_source_tokens=1024, max_target_tokens=24)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny models with few positions: learned (GPT-2, BART), sinusoidal (Pegasus), rotary (Llama)."""
    import transformers

    def gpt2(tok: Any) -> Any:
        return transformers.GPT2LMHeadModel(
            transformers.GPT2Config(**tiny._common(tok), n_embd=32, n_layer=1, n_head=2, n_positions=FEW)
        )

    def llama(tok: Any) -> Any:
        return transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                **tiny._common(tok), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
                max_position_embeddings=FEW,
            )
        )  # fmt: skip

    def pair(model: str, config: str) -> Any:
        def make(tok: Any) -> Any:
            return getattr(transformers, model)(
                getattr(transformers, config)(
                    **tiny._common(tok), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                    decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=FEW,
                    decoder_start_token_id=tok.eos_token_id, forced_eos_token_id=None,
                )
            )  # fmt: skip

        return make

    makers = {
        "gpt2": gpt2, "llama": llama, "bart": pair("BartForConditionalGeneration", "BartConfig"),
        "pegasus": pair("PegasusForConditionalGeneration", "PegasusConfig"),
    }  # fmt: skip
    root, tok = tmp_path_factory.mktemp("few"), tiny.tokenizer()
    for name, make in makers.items():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            make(tok).save_pretrained(root / name)
        tok.save_pretrained(root / name)
    return {name: root / name for name in makers}


NAMES = ("gpt2", "llama", "bart", "pegasus")


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("engine", ["auto", "torch"])
@pytest.mark.parametrize("name", NAMES)
def test_a_dialogue_over_the_positions_is_summarized(few: dict[str, Path], name: str, engine: Any) -> None:
    source = LocalModel(few[name], name)
    summarizer = build_summarizer(source, None, ASKED, DecodeConfig(engine=engine, beams=2), "cpu")
    (completion,) = summarizer.summarize([LONG])
    assert 0 <= completion.tokens <= ASKED.max_target_tokens


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("name", NAMES)
def test_the_longest_example_goes_through_the_model(few: dict[str, Path], name: str) -> None:
    for _ in range(2):  # with transformers' tokenizer, and with the one that it left in the cache
        encoder = load_encoder(few[name], ASKED)
        example = encoder.encode(LONG, LONG)
        if encoder.is_encoder_decoder:
            assert (len(example.source), len(example.target)) == (FEW, ASKED.max_target_tokens)
            inputs = {"input_ids": [example.source], "labels": [example.target]}
        else:
            assert example.length == FEW
            inputs = {"input_ids": [example.source + example.target]}
        with torch.no_grad():
            load_base(few[name], torch.float32)(**{key: torch.tensor(ids) for key, ids in inputs.items()})


@pytest.mark.usefixtures("own_cache")
def test_token_limits_are_reduced_with_a_note_and_only_if_necessary(few: dict[str, Path], tiny_models: Any) -> None:
    asked = ModelConfig(name=str(few["gpt2"]), max_source_tokens=1024, max_target_tokens=24)
    allowed = fit_token_limits(asked)
    overhead = make_encoder(asked).overhead
    assert allowed.max_source_tokens == FEW - overhead - 24
    assert list(limit_notes(asked, allowed)) == [
        f"Note: model.max_source_tokens is {allowed.max_source_tokens} instead of 1024, because the model does "
        "not have enough positions."
    ]
    assert fit_token_limits(allowed) == allowed
    for name in ("gemma", "t5"):
        plenty = ModelConfig(name=str(tiny_models[name]), max_source_tokens=1024, max_target_tokens=64)
        assert fit_token_limits(plenty) == plenty
        assert list(limit_notes(plenty, fit_token_limits(plenty))) == []


def test_each_side_of_a_pair_has_its_own_limit() -> None:
    import transformers

    assert position_limits(transformers.LEDConfig()) == PositionLimits(16384, 1024)
    assert position_limits(transformers.T5Config()) == PositionLimits()
    assert position_limits(transformers.PegasusConfig()) == PositionLimits(1024, 1024)
    assert position_limits(transformers.T5GemmaConfig()).encoder is not None
    assert position_limits(transformers.GPT2Config()) == PositionLimits(None, 1024)
    assert (
        position_limits(transformers.BloomConfig()) == position_limits(transformers.XLNetConfig()) == PositionLimits()
    )
