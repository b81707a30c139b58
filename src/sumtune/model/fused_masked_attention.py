"""Attention modules of encoder–decoder models, computed by fused kernels in training."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels
from sumtune.kernels.masked_attention import Masked, attend_masked

__all__ = ["MaskedAttention", "masked_attention"]

T5_LAYERS = {"q", "k", "v", "o"}
BART_LAYERS = {"q_proj", "k_proj", "v_proj", "out_proj"}


@dataclass(frozen=True)
class MaskedAttention(ABC):
    """Forward of an attention module of whole sequences, padded on the right; with a cache, the module's own."""

    module: Any
    form: Masked
    kernels: Kernels
    own: Callable[..., Any]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, bias: Tensor | None = None) -> Tensor:
        """Return the attention output; `mask` as transformers makes it, `bias` (1, heads, queries, keys)."""
        added = None if bias is None else bias[0].contiguous()
        return attend_masked(self.kernels, self.form, q, k, v, added, _lengths(mask, len(q)))

    def probes(self, x: Tensor) -> list[dict[str, Any]]:
        """Return inputs beside `x` (2, time, features) to compare this forward with the module's own.

        If it is not causal, the second row is padded, and it also reads another sequence.
        """
        if self.form.is_causal:
            return [{}]
        other = x.flip(1)[:, 1:]
        return [
            {self.mask_name: _mask(x, x)}, {self.mask_name: _mask(x, other), "key_value_states": other},
        ]  # fmt: skip

    mask_name: ClassVar[str] = "attention_mask"

    @abstractmethod
    def __call__(self, *args: Any, **more: Any) -> Any:
        """Return what the module returns."""


class _OfT5(MaskedAttention):
    mask_name = "mask"

    def __call__(
        self, hidden_states: Tensor, mask: Tensor | None = None, key_value_states: Tensor | None = None,
        position_bias: Tensor | None = None, **more: Any,
    ) -> Any:  # fmt: skip
        module = self.module
        if _has_cache(more):
            return self.own(
                hidden_states, mask=mask, key_value_states=key_value_states, position_bias=position_bias, **more
            )
        source = hidden_states if key_value_states is None else key_value_states
        q, k, v = module.q(hidden_states), module.k(source), module.v(source)
        if position_bias is None and module.has_relative_attention_bias:
            position_bias = module.compute_bias(q.shape[1], k.shape[1], device=q.device).contiguous()
        return module.o(self.attend(q, k, v, mask, position_bias)), position_bias, None


class _OfBart(MaskedAttention):
    def __call__(
        self, hidden_states: Tensor, key_value_states: Tensor | None = None, cache: Any = None,
        attention_mask: Tensor | None = None, **more: Any,
    ) -> Any:  # fmt: skip
        module = self.module
        if cache is not None or _has_cache(more):
            return self.own(
                hidden_states, key_value_states=key_value_states, cache=cache, attention_mask=attention_mask, **more
            )
        source = hidden_states if key_value_states is None else key_value_states
        q, k, v = module.q_proj(hidden_states), module.k_proj(source), module.v_proj(source)
        return module.out_proj(self.attend(q, k, v, attention_mask)), None


def masked_attention(module: Any, kernels: Kernels) -> MaskedAttention | None:
    """Return the fused forward of `module`, an attention module like that of T5 or BART; None for any other module."""
    layers, is_causal = dict(module.named_children()).keys(), getattr(module, "is_causal", None)
    takes = inspect.signature(module.forward).parameters.keys()
    if not isinstance(is_causal, bool) or "key_value_states" not in takes:
        return None
    if layers >= T5_LAYERS and {"mask", "position_bias"} <= takes and hasattr(module, "n_heads"):
        return _OfT5(module, Masked(module.n_heads, 1.0, is_causal), kernels, module.forward)
    if layers >= BART_LAYERS and "attention_mask" in takes and hasattr(module, "num_heads"):
        scale = float(getattr(module, "scaling", 0.0))
        return _OfBart(module, Masked(module.num_heads, scale, is_causal), kernels, module.forward)
    return None


def _mask(queries: Tensor, keys: Tensor) -> Tensor:
    """Return a mask (2, 1, queries, keys) that hides half of the keys of the second row."""
    count = keys.shape[1]
    visible = torch.arange(count) < torch.tensor([count, count // 2])[:, None]
    return visible[:, None, None].expand(-1, 1, queries.shape[1], -1)


def _has_cache(more: dict[str, Any]) -> bool:
    """Return whether keyword arguments hold a cache, under one of its names in transformers."""
    return any(more.get(name) is not None for name in ("cache", "past_key_values", "past_key_value"))


def _lengths(mask: Tensor | None, batch: int) -> Tensor | None:
    """Return how many keys each row sees (batch,), by a mask (1 or batch, 1, 1 or queries, keys) of its last query.

    True or 0 stand for keys that are seen, which must be the first ones: padding is on the right. Each row has one.
    """
    if mask is None:
        return None
    last = mask[:, 0, -1]
    return (last if last.dtype == torch.bool else last == 0).sum(-1).expand(batch)
