"""Our decoder computes what the model computes that it was made from, or the model is refused."""

import pytest
import torch
from architectures import KNOWN, UNKNOWN, tiny_model

from sumtune.decode.ctranslate2.convert import UnsupportedError
from sumtune.decode.native.attention import Position
from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.extract import dissect
from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import load_kernels


@pytest.fixture(scope="module")
def kernels():
    return load_kernels(cache_dir() / "kernels")


@pytest.mark.parametrize(("model", "config", "options"), KNOWN.values(), ids=KNOWN)
@torch.inference_mode()
def test_reading_and_writing_give_the_models_hidden_states(kernels, model, config, options):
    made = tiny_model(model, config, options)
    ids = torch.randint(90, (2, 21), generator=torch.Generator().manual_seed(1))
    expected = made.get_decoder()(ids, use_cache=False).last_hidden_state
    parts, embedding, output = dissect(made, kernels)
    torch.testing.assert_close(made.get_output_embeddings().weight, output)
    decoder, position = Decoder(parts, embedding, kernels), Position(torch.tensor([16, 16]), 1, 5)
    decoder.begin(position)
    position.read([0, 1])
    torch.testing.assert_close(decoder.read(ids[:, :16]), expected[:, :16], rtol=1e-4, atol=1e-4)
    for time in range(16, 21):
        written = decoder.write(ids[:, time], position.advance())
        torch.testing.assert_close(written, expected[:, time], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("model", "config", "options"), UNKNOWN.values(), ids=UNKNOWN)
def test_models_that_are_put_together_otherwise_are_refused(kernels, model, config, options):
    with pytest.raises(UnsupportedError):
        dissect(tiny_model(model, config, options), kernels)


def test_what_computes_something_else_is_refused(kernels):
    made = tiny_model(*KNOWN["llama"])
    layer = made.model.layers[1]
    forward = layer.forward
    layer.forward = lambda hidden, **options: -forward(hidden, **options)
    with pytest.raises(UnsupportedError, match="difference"):
        dissect(made, kernels)
