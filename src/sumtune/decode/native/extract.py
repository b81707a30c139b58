"""Extract the weights of a Hugging Face model for our own decoder, if the decoder knows its architecture."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.weights import MATRICES, LayerShape, LiveWeights, ModelShape, ModelWeights
from sumtune.decode.unsupported import UnsupportedError
from sumtune.kernels.build import Kernels
from sumtune.model.fuse import fused_output_weight, gate_factors, heads_of, norm_parameters

__all__ = ["extract_live_weights", "extract_weights"]

MODULES = dict(
    zip(
        MATRICES,
        ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
         "mlp.down_proj"),
        strict=True,
    )
)  # fmt: skip
FOUR_NORMS = {
    "before_attention": "input_layernorm", "after_attention": "post_attention_layernorm",
    "before_mlp": "pre_feedforward_layernorm", "after_mlp": "post_feedforward_layernorm",
}  # fmt: skip
"""Gemma also normalizes the outputs of attention and MLP."""
TWO_NORMS = {"before_attention": "input_layernorm", "before_mlp": "post_attention_layernorm"}
"""Llama, Qwen and Mistral do not."""
FIXED_ROTATIONS = ("default", "linear", "llama3", "yarn")
"""Types of rotary positions whose frequencies do not depend on the length of the text."""
TOLERANCE = 0.1
"""Largest allowed relative difference (L2) of our last hidden states from the model's own; 0.02 is usual in bf16."""
PROBE_TIME = 24


def extract_weights(model: Any, kernels: Kernels) -> tuple[ModelWeights, Tensor, Tensor]:
    """Return the weights of `model`, its embedding and its output weight, the latter two (vocabulary, features).

    Raises:
        UnsupportedError: our decoder does not know the architecture, or its results differ from those of the model.
    """
    return _extract(model, kernels, _copied)


def extract_live_weights(model: Any, kernels: Kernels) -> tuple[ModelWeights, Tensor, Tensor]:
    """Return what `extract_weights` returns, but with the layers of `model` themselves in place of their matrices.

    So each product uses the values that the adapter has at that moment. Dropout must be off.

    Raises:
        UnsupportedError: see `extract_weights`.
    """
    return _extract(model, kernels, _live)


def _extract(
    model: Any, kernels: Kernels, weights_of: Callable[[ModelShape, dict[str, Tensor], Any], ModelWeights]
) -> tuple[ModelWeights, Tensor, Tensor]:
    output = fused_output_weight(model)
    if output is None:
        raise UnsupportedError(
            "The native engine supports only decoder-only models whose output layer has no bias, scale or soft cap."
        )
    try:
        decoder = model.get_decoder()
        shape, tensors = _shape_and_norms(decoder, model.dtype)
        weights, embedding = weights_of(shape, tensors, decoder), decoder.embed_tokens.weight.detach()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise UnsupportedError("The native engine does not know the layers of this model.") from error
    difference = _difference(model, Decoder(weights, embedding, kernels))
    if not difference <= TOLERANCE:
        raise UnsupportedError(f"The results of the native engine differ from those of this model by {difference:.0%}.")
    return weights, embedding, output


def _shape_and_norms(decoder: Any, dtype: torch.dtype) -> tuple[ModelShape, dict[str, Tensor]]:
    """Return the shape of `decoder`, and the tensors of its norms and rotary positions."""
    embedding, norm = decoder.embed_tokens, decoder.norm
    tensors = {"norm": norm_parameters(norm)[0]}
    layers, eps = [], {norm_parameters(norm)[1]}
    kinds = getattr(decoder.config, "layer_types", None) or [""] * len(decoder.layers)
    for number, (layer, kind) in enumerate(zip(decoder.layers, kinds, strict=True)):
        numbers, found, used = _layer_norms(layer, kind)
        tensors |= {f"layers.{number}.{name}": tensor for name, tensor in found.items()}
        layers.append(numbers)
        eps |= used
    rotary = {}
    for kind in {one.rotary for one in layers}:
        tensors[f"rotary.{kind}"], rotary[kind] = _rotation(decoder.rotary_emb, kind)
    (only_eps,) = eps
    first = decoder.layers[0].mlp
    if (gate := gate_factors(first)) is None:
        raise ValueError("unknown activation")
    shape = ModelShape(
        dtype=str(dtype).removeprefix("torch."), features=embedding.embedding_dim, inner=first.gate_proj.out_features,
        vocabulary=embedding.num_embeddings, embedding_scale=float(getattr(embedding, "embed_scale", 1.0)),
        eps=only_eps, gate=gate, rotary=rotary, layers=tuple(layers),
    )  # fmt: skip
    return shape, tensors


def _layer_norms(layer: Any, kind: str) -> tuple[LayerShape, dict[str, Tensor], set[float]]:
    heads = heads_of(layer.self_attn)
    if heads is None:
        raise ValueError("unknown attention")
    numbers = LayerShape(queries=heads.queries, keys=heads.keys, dim=heads.dim, scale=heads.scale, window=heads.window,
                    rotary=kind or "all")  # fmt: skip
    own = {"query_norm": heads.query_norm, "key_norm": heads.key_norm}
    tensors = {name: norm for name, norm in own.items() if norm is not None}
    eps = {heads.eps} if tensors else set()
    for name, attribute in (FOUR_NORMS if hasattr(layer, FOUR_NORMS["before_mlp"]) else TWO_NORMS).items():
        tensors[name], one = norm_parameters(getattr(layer, attribute))
        eps.add(one)
    return numbers, tensors, eps


def _copied(shape: ModelShape, tensors: dict[str, Tensor], decoder: Any) -> ModelWeights:
    return ModelWeights(shape, tensors | dict(_matrices(decoder)))


def _live(shape: ModelShape, tensors: dict[str, Tensor], decoder: Any) -> ModelWeights:
    return LiveWeights(shape, tensors, dict(_linear_layers(decoder)))


def _linear_layers(decoder: Any) -> Iterator[tuple[str, Any]]:
    for number, layer in enumerate(decoder.layers):
        yield from ((f"layers.{number}.{name}", layer.get_submodule(path)) for name, path in MODULES.items())


def _matrices(decoder: Any) -> Iterator[tuple[str, Tensor]]:
    for name, module in _linear_layers(decoder):
        if type(module) is not nn.Linear:
            raise TypeError(f"{name} is not a linear layer")
        yield f"{name}.weight", module.weight.detach()
        if module.bias is not None:
            yield f"{name}.bias", module.bias.detach()


def _rotation(rotary: Any, kind: str) -> tuple[Tensor, float]:
    """Return the frequencies (dim / 2,) in float32, and the factor of cosine and sine."""
    prefix = "" if kind == "all" or hasattr(rotary, "inv_freq") else f"{kind}_"
    kinds = rotary.rope_type
    if (kinds[kind] if isinstance(kinds, dict) else kinds) not in FIXED_ROTATIONS:
        raise ValueError("rotary positions depend on the length")
    scale = getattr(rotary, f"{prefix}attention_scaling")
    return getattr(rotary, f"{prefix}inv_freq").detach().float().contiguous(), float(scale)


@torch.inference_mode()
def _difference(model: Any, decoder: Decoder) -> float:
    """Return the median over positions of the relative difference between last hidden states.

    In bf16 single positions can differ greatly, especially if the text lacks its begin-of-text token.
    """
    count, begin = model.get_input_embeddings().num_embeddings, model.config.bos_token_id
    ids = torch.randint(count, (1, PROBE_TIME), generator=torch.Generator().manual_seed(0))
    if isinstance(begin, int):
        ids[0, 0] = begin
    cache = decoder.new_cache(torch.tensor([PROBE_TIME]), beams=1, limit=0)
    expected = model.get_decoder()(ids, use_cache=False).last_hidden_state[0].float()
    differences = (decoder.read(cache, ids)[0].float() - expected).norm(dim=-1) / expected.norm(dim=-1).clamp_min(1e-9)
    return float(differences.median())
