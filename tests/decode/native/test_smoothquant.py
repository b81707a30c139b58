"""SmoothQuant changes no result, and makes 8 bits accurate where a few features are much larger than the others."""

import pytest
import torch
from architectures import KNOWN, tiny_model

from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.extract import extract_weights
from sumtune.decode.native.smoothquant import smooth

TEXTS = [torch.randint(3, 90, (24,), generator=torch.Generator().manual_seed(seed)).tolist() for seed in range(4)]
LARGE = 60.0
"""Factor by which a few features are larger than the others."""


def hidden_states(weights, embedding, kernels, ids):
    decoder = Decoder(weights, embedding, kernels)
    cache = decoder.new_cache(torch.tensor([len(ids)]), beams=1, limit=0)
    return decoder.read(cache, torch.tensor([ids]))[0]


@pytest.mark.parametrize(("model", "config", "options"), KNOWN.values(), ids=KNOWN)
@torch.inference_mode()
def test_smoothed_weights_compute_the_same(kernels, model, config, options):
    weights, embedding, _ = extract_weights(tiny_model(model, config, options), kernels)
    smoothed = smooth(weights, embedding, kernels, TEXTS[:2])
    assert any(not torch.equal(smoothed.tensors[name], weights.tensors[name]) for name in weights.tensors)
    for ids in TEXTS[2:]:
        expected = hidden_states(weights, embedding, kernels, ids)
        torch.testing.assert_close(hidden_states(smoothed, embedding, kernels, ids), expected, rtol=1e-3, atol=1e-4)


@torch.inference_mode()
def test_8_bits_are_nearer_to_the_model_where_some_features_are_large(kernels):
    model = tiny_model(*KNOWN["llama"])
    for layer in model.model.layers:
        for norm in (layer.input_layernorm, layer.post_attention_layernorm):
            norm.weight.data[:2] *= LARGE
        for matrix in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj,
                       layer.mlp.gate_proj, layer.mlp.up_proj):  # fmt: skip
            matrix.weight.data[:, :2] /= LARGE
    weights, embedding, _ = extract_weights(model, kernels)

    def error(changed):
        found = hidden_states(changed.quantized(kernels), embedding, kernels, TEXTS[3])
        expected = hidden_states(weights, embedding, kernels, TEXTS[3])
        return ((found - expected).norm() / expected.norm()).item()

    assert error(smooth(weights, embedding, kernels, TEXTS[:3])) < 0.5 * error(weights)


@torch.inference_mode()
def test_features_that_are_never_seen_do_no_harm(kernels):
    model = tiny_model(*KNOWN["gemma3"])
    model.model.layers[0].mlp.up_proj.weight.data[3] = 0
    weights, embedding, _ = extract_weights(model, kernels)
    smoothed = smooth(weights, embedding, kernels, [TEXTS[0][:1]])
    assert all(tensor.isfinite().all() for tensor in smoothed.tensors.values() if tensor.is_floating_point())
    expected = hidden_states(weights, embedding, kernels, TEXTS[1])
    torch.testing.assert_close(hidden_states(smoothed, embedding, kernels, TEXTS[1]), expected, rtol=1e-3, atol=1e-4)
