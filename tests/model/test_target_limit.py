"""`model.max_target_tokens: auto` follows the positions of the model."""

import pytest
from transformers import BartConfig, GPT2Config, LlamaConfig, T5Config

from sumtune.config import ModelConfig
from sumtune.model.source_limit import most_target_tokens


@pytest.mark.parametrize(
    ("config", "limit"),
    [
        (GPT2Config(n_positions=512), 128),
        (GPT2Config(n_positions=2048), 256),
        (LlamaConfig(max_position_embeddings=32768), 512),
        (BartConfig(max_position_embeddings=1024), 128),
        (T5Config(), 512),
    ],
)
def test_the_limit_is_an_eighth_of_the_positions_within_bounds(config: object, limit: int) -> None:
    assert most_target_tokens(ModelConfig(), config) == limit
    assert most_target_tokens(ModelConfig(max_target_tokens=7), config) == 7
