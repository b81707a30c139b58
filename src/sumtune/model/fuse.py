"""Replace modules of a model with fused kernels that compute the same result."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.kernels.attention import Heads, attend
from sumtune.kernels.build import MAX_HEAD_DIM, Kernels
from sumtune.kernels.ops import Gate, gated, rms_norm
from sumtune.kernels.packed_attention import Packing, attend_packed
from sumtune.model.fused_lora import LoraForward
from sumtune.model.fused_masked_attention import MaskedAttention, masked_attention
from sumtune.model.load import sliding_window

__all__ = [
    "can_pack",
    "fuse",
    "fused_output_weight",
    "gate_factors",
    "heads_of",
    "norm_parameters",
    "reads_only_whole_sequences",
]

TOLERANCE = 0.03
"""Largest relative difference (L2) in output and gradient between a fused module and the model's own, in bf16."""
TANH_GELU = (1.5957691216, 0.0713548163)
"""2 sqrt(2/pi) and 0.044715 times that: the tanh approximation of GELU."""
GATES = {"gelu_pytorch_tanh": TANH_GELU, "gelu_new": TANH_GELU, "silu": (1.0, 0.0)}
"""Activation to (a, b) in x * sigmoid(a x + b x³)."""
ACTIVATIONS = {"NewGELUActivation": "gelu_new", "GELUTanh": "gelu_pytorch_tanh", "SiLUActivation": "silu"}
"""Names of activations by their classes, for gated layers that have no configuration, as in T5."""
GATED = (("gate_proj", "up_proj", "down_proj"), ("wi_0", "wi_1", "wo"))
"""Linear layers of a gated layer: for the gate, for the values that it multiplies, and for the output; T5's last."""
PROBE_TIME = 6
"""Positions of the random input on which a kernel is compared with the module."""

NO_MASKS = "sumtune"
"""Attention implementation, as transformers calls it, that needs no mask."""

Forward = Callable[..., Any]


def fuse(model: nn.Module, kernels: Kernels) -> list[str]:
    """Replace the forward of norms, gated layers and attention in `model`; return the names of the replaced classes.

    Each class is compared once on a random input (attention that is causal and attention that is not, separately). If
    output or gradient differ, it keeps its own code. Afterwards the model accepts only sequences that are padded on the
    right, and a decoder-only model only whole ones: its attention uses neither a cache nor a mask.
    """
    trusted: dict[tuple[type, bool], bool] = {}
    reads_source = bool(getattr(getattr(model, "config", None), "is_encoder_decoder", False))
    for module in list(model.modules()):
        kind = type(module), bool(getattr(module, "is_causal", True))
        make = _maker(module) or (masked_attention if reads_source else None)
        if make is None or trusted.get(kind) is False:
            continue
        forward = make(module, kernels)
        if forward is None:
            continue
        if kind not in trusted:
            trusted[kind] = _agrees(module, forward)
        if trusted[kind]:
            module.forward = forward
    _make_no_masks(model)
    return sorted({kind.__name__ for (kind, _), good in trusted.items() if good})


def _make_no_masks(model: Any) -> None:
    """Keep `model` from making attention masks (time, time) if our kernels compute all of its attention."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    fused = sum(isinstance(vars(module).get("forward"), _Attention) for module in model.modules())
    config = model.config.get_text_config()
    if fused and fused == getattr(config, "num_hidden_layers", None):
        ALL_MASK_ATTENTION_FUNCTIONS.register(NO_MASKS, lambda *_, **__: None)
        config._attn_implementation = NO_MASKS


def reads_only_whole_sequences(model: nn.Module) -> bool:
    """Return whether attention of a decoder-only `model` was replaced, so that it uses neither a cache nor a mask."""
    return any(isinstance(vars(module).get("forward"), _Attention) for module in model.modules())


def can_pack(model: Any) -> bool:
    """Return whether the decoder of a fused `model` accepts packed examples (`packing`).

    All attention must be fused, and every layer must pass `packing` on. A packed example with random tokens shows it:
    its hidden states must be those of its sequences on their own.
    """
    if model.config.get_text_config()._attn_implementation != NO_MASKS:
        return False
    generator = torch.Generator().manual_seed(0)
    source, *targets = (torch.randint(1, 64, (size,), generator=generator) for size in (PROBE_TIME, 4, 3))
    packing = Packing(((len(source), tuple(map(len, targets))),))
    decoder = model.get_decoder()
    with torch.no_grad():
        alone = [
            decoder(input_ids=torch.cat([source, target])[None], use_cache=False).last_hidden_state[0, len(source) :]
            for target in targets
        ]
        together = decoder(
            input_ids=torch.cat([source, *targets])[None], position_ids=torch.tensor([packing.position_ids()]),
            packing=packing, use_cache=False,
        ).last_hidden_state[0, len(source) :]  # fmt: skip
    return _distance(torch.cat(alone), together) < TOLERANCE


def fused_output_weight(model: Any) -> Tensor | None:
    """Return the weight (vocabulary, features) of the output layer if it is a plain matrix product; otherwise None."""
    head, config = model.get_output_embeddings(), model.config
    plain = type(head) is nn.Linear and head.bias is None and not head.weight.requires_grad
    scaled = any(getattr(config, name, None) for name in ("final_logit_softcapping", "logit_scale", "logits_scaling"))
    return head.weight if plain and not scaled and not config.is_encoder_decoder else None


def _maker(module: nn.Module) -> Callable[[Any, Kernels], Forward | None] | None:
    names = dict(module.named_children()).keys()
    if type(module).__name__.endswith(("RMSNorm", "T5LayerNorm")) and hasattr(module, "weight"):
        return _norm
    if _gated_names(module) is not None:
        return _gated_layer
    if {"q_proj", "k_proj", "v_proj", "o_proj"} <= names and hasattr(module, "head_dim"):
        return _attention
    return None


def _norm(module: Any, kernels: Kernels) -> Forward | None:
    weight, eps = norm_parameters(module)
    own = type(module).forward.__get__(module)

    def forward(x: Tensor) -> Any:
        return rms_norm(kernels, x, weight, eps) if x.dtype in (torch.bfloat16, torch.float32) else own(x)

    return forward


def norm_parameters(module: Any) -> tuple[Tensor, float]:
    """Return the effective float32 weight (features,) and the epsilon of an RMS norm.

    The weight is measured on an input of ones, because Gemma multiplies by 1 + weight.
    """
    eps = float(getattr(module, "eps", 0.0) or getattr(module, "variance_epsilon", 0.0))
    ones = torch.ones(1, len(module.weight))
    with torch.no_grad():
        return copy.deepcopy(module).float()(ones)[0] * (1 + eps) ** 0.5, eps


def gate_factors(module: Any) -> tuple[float, float] | None:
    """Return (a, b) of the activation x * sigmoid(a x + b x³) in a gated layer; None for any other activation."""
    config, own = getattr(module, "config", None), ACTIVATIONS.get(type(getattr(module, "act", None)).__name__)
    name = next((value for key in ("hidden_activation", "hidden_act") if (value := getattr(config, key, None))), own)
    return GATES.get(name or "")


def _gated_names(module: nn.Module) -> tuple[str, str, str] | None:
    """Return the names of the linear layers of a gated layer, as in `GATED`; None if `module` is none."""
    names = dict(module.named_children()).keys()
    return next((found for found in GATED if names >= set(found)), None)


def _gated_layer(module: Any, kernels: Kernels) -> Forward | None:
    factors, names = gate_factors(module), _gated_names(module)
    if factors is None or names is None:
        return None
    gate = Gate(kernels, *factors)
    to_gate, to_values, to_output = (getattr(module, name) for name in names)

    def forward(x: Tensor) -> Any:
        opened, values, output = to_gate(x), to_values(x), vars(to_output).get("forward")
        if isinstance(output, LoraForward):
            return output.of_gated(gate, opened, values)
        return to_output(gated(gate, opened, values))

    return forward


def heads_of(module: Any) -> Heads | None:
    """Return the heads of an attention module, or None if it computes something that the kernels do not support."""
    config, dim = module.config, int(module.head_dim)
    unsupported = dim > MAX_HEAD_DIM or dim % 2 or config.is_encoder_decoder or not getattr(module, "is_causal", True)
    if unsupported or getattr(config, "attn_logit_softcapping", None) or not _rotates_whole_heads(config):
        return None
    norms = [norm_parameters(norm) if (norm := getattr(module, name, None)) else None for name in ("q_norm", "k_norm")]
    window = module.sliding_window if hasattr(module, "sliding_window") else sliding_window(config)
    return Heads(
        queries=config.num_attention_heads, keys=config.num_key_value_heads, dim=dim, scale=float(module.scaling),
        window=int(window) if window else 2**31, query_norm=norms[0][0] if norms[0] else None,
        key_norm=norms[1][0] if norms[1] else None, eps=norms[0][1] if norms[0] else 0.0,
    )  # fmt: skip


def _attention(module: Any, kernels: Kernels) -> "_Attention | None":
    heads = heads_of(module)
    return None if heads is None else _Attention(module, heads, kernels)


def _rotates_whole_heads(config: Any) -> bool:
    rope = getattr(config, "rope_parameters", None) or {}
    return (getattr(config, "partial_rotary_factor", None) or rope.get("partial_rotary_factor") or 1.0) == 1.0


@dataclass(frozen=True)
class _Attention:
    """Forward of an attention module with fused kernels."""

    module: Any
    heads: Heads
    kernels: Kernels

    def __call__(
        self, hidden_states: Tensor, position_embeddings: tuple[Tensor, Tensor], packing: Packing | None = None,
        **_: Any,
    ) -> Any:  # fmt: skip
        module = self.module
        cosine, sine = (table[0].to(hidden_states.dtype).contiguous() for table in position_embeddings)
        q, k, v = module.q_proj(hidden_states), module.k_proj(hidden_states), module.v_proj(hidden_states)
        if packing is None:
            return module.o_proj(attend(self.kernels, self.heads, q, k, v, cosine, sine)), None
        return module.o_proj(attend_packed(self.kernels, self.heads, packing, q, k, v, cosine, sine)), None


def _agrees(module: Any, forward: Forward) -> bool:
    """Return True if output and input gradient of `forward` match the module's own on random inputs."""
    generator = torch.Generator().manual_seed(0)
    parameter = next(module.parameters())
    inputs: list[dict[str, Any]] = [{}]
    if isinstance(forward, MaskedAttention):
        width = next(module.children()).in_features
    elif hasattr(module, "head_dim"):
        width = module.q_proj.in_features
        angles = torch.rand(1, PROBE_TIME, module.head_dim // 2, generator=generator).repeat(1, 1, 2)
        tables = (angles.cos().to(parameter.dtype), angles.sin().to(parameter.dtype))
        inputs = [{"position_embeddings": tables, "attention_mask": None}]
    else:
        names = _gated_names(module)
        width = getattr(module, names[0]).in_features if names else len(parameter)
    x = torch.randn(2, PROBE_TIME, width, generator=generator).to(parameter.dtype)
    weights = torch.randn(2, PROBE_TIME, width, generator=generator)
    if isinstance(forward, MaskedAttention):
        inputs = forward.probes(x)
    try:
        return all(_alike(*(_probe(run, x, weights, one) for run in (module.forward, forward))) for one in inputs)
    except (TypeError, ValueError, RuntimeError, AttributeError, IndexError):
        return False


def _probe(run: Forward, x: Tensor, weights: Tensor, inputs: dict[str, Any]) -> tuple[int, Tensor, Tensor]:
    """Return the number of results of `run`, the first of them, and the gradient of `x`."""
    given = x.clone().requires_grad_()
    with torch.enable_grad():
        result = run(given, **inputs)
        results = result if isinstance(result, tuple) else (result,)
        (gradient,) = torch.autograd.grad((results[0].float() * weights).sum(), given)
    return len(results), results[0].detach(), gradient


def _alike(own: tuple[int, Tensor, Tensor], fused: tuple[int, Tensor, Tensor]) -> bool:
    """Return whether two results of `_probe` are the same but for rounding."""
    return own[0] == fused[0] and all(_distance(a, b) < TOLERANCE for a, b in zip(own[1:], fused[1:], strict=True))


def _distance(expected: Tensor, actual: Tensor) -> float:
    expected, actual = expected.float(), actual.float()
    return float((expected - actual).norm() / expected.norm().clamp_min(1e-9))
