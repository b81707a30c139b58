"""Our decoder computes the same as the original model, or refuses the model."""

import pytest
import torch
from architectures import KNOWN, UNKNOWN, tiny_model

from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.extract import extract_weights
from sumtune.decode.unsupported import UnsupportedError


@pytest.mark.parametrize(("model", "config", "options"), KNOWN.values(), ids=KNOWN)
@torch.inference_mode()
def test_reading_and_writing_give_the_models_hidden_states(kernels, model, config, options):
    made = tiny_model(model, config, options)
    ids = torch.randint(90, (2, 21), generator=torch.Generator().manual_seed(1))
    expected = made.get_decoder()(ids, use_cache=False).last_hidden_state
    weights, embedding, output = extract_weights(made, kernels)
    torch.testing.assert_close(made.get_output_embeddings().weight, output)
    decoder = Decoder(weights, embedding, kernels)
    cache = decoder.new_cache(torch.tensor([16, 16]), beams=1, limit=5)
    torch.testing.assert_close(decoder.read(cache, ids[:, :16]), expected[:, :16], rtol=1e-4, atol=1e-4)
    for time in range(16, 21):
        written = decoder.write(cache, ids[:, time])
        torch.testing.assert_close(written, expected[:, time], rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_batches_with_caches_of_their_own_do_not_meet(kernels):
    made = tiny_model(*KNOWN["gemma"])
    ids = torch.randint(90, (2, 21), generator=torch.Generator().manual_seed(1))
    expected = made.get_decoder()(ids, use_cache=False).last_hidden_state
    decoder = Decoder(*extract_weights(made, kernels)[:2], kernels)
    caches = [decoder.new_cache(torch.tensor([16]), beams=1, limit=5) for _ in ids]
    for cache, row in zip(caches, ids, strict=True):
        decoder.read(cache, row[None, :16])
    for time in range(16, 21):
        for cache, row, wanted in zip(caches, ids, expected, strict=True):
            torch.testing.assert_close(decoder.write(cache, row[time, None])[0], wanted[time], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("model", "config", "options"), UNKNOWN.values(), ids=UNKNOWN)
def test_models_that_are_put_together_otherwise_are_refused(kernels, model, config, options):
    with pytest.raises(UnsupportedError):
        extract_weights(tiny_model(model, config, options), kernels)


def test_what_computes_something_else_is_refused(kernels):
    made = tiny_model(*KNOWN["llama"])
    layer = made.model.layers[1]
    forward = layer.forward
    layer.forward = lambda hidden, **options: -forward(hidden, **options)
    with pytest.raises(UnsupportedError, match="differ"):
        extract_weights(made, kernels)
