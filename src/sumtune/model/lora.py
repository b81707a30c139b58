"""LoRA adapters: adding them to a base model, saving and loading them in PEFT's format, merging them."""

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sumtune.errors import ConfigError, ModelError
from sumtune.memory import unmap_pages
from sumtune.model.adapter_files import WEIGHTS, AdapterFiles, check_adapter
from sumtune.model.peft_import import import_peft

__all__ = [
    "FeatureDropout",
    "StaticMasks",
    "add_lora",
    "load_adapter",
    "load_weights",
    "merge",
    "save_adapter",
    "set_dropout",
    "skip_masks",
    "target_modules",
    "trainable",
]

FAMILY_TARGETS = (("q_proj", "v_proj"), ("q", "v"), ("c_attn",), ("query_key_value",))
"""Default targets, first match wins: Gemma, Llama, Qwen, BART, Pegasus; T5; GPT-2; GPT-NeoX, Falcon."""


class FeatureDropout(nn.Module):
    """Dropout of whole input features: one mask for all tokens of a micro-batch.

    Input and output have the shape (batch, time, features). The mask multiplies the input of LoRA's A, so dropping a
    feature drops a column of A. A mask per value, as in `nn.Dropout`, took a sixth of a training step on a CPU.
    The generator is an argument, so a resumed run draws the same masks as an uninterrupted one.
    """

    def __init__(self, p: float, generator: torch.Generator) -> None:
        super().__init__()
        self.p = p
        self.generator = generator
        self.static: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with features dropped with probability p and scaled by 1 / (1 - p); in evaluation, `x` itself."""
        mask = self.mask(x.shape[-1])
        return x if mask is None else x * mask.to(x.device, x.dtype)

    def mask(self, features: int) -> Tensor | None:
        """Draw a float32 mask (features,) of 0 and 1 / (1 - p), or return `static`; return None in evaluation."""
        if not self.training:
            return None
        return self.draw(features) if self.static is None else self.static

    def draw(self, features: int) -> Tensor:
        """Draw a float32 mask (features,) of 0 and 1 / (1 - p)."""
        return (torch.rand(features, generator=self.generator) >= self.p) / (1 - self.p)


class StaticMasks:
    """The dropout masks of all LoRA layers of a model as parts of one tensor, which recorded operations read."""

    def __init__(self, adapted: nn.Module) -> None:
        modules: list[Any] = [
            module for module in adapted.modules() if "default" in getattr(module, "lora_dropout", {})
        ]
        layers = [one for one in modules if isinstance(one.lora_dropout["default"], FeatureDropout)]
        self._dropouts: list[FeatureDropout] = [layer.lora_dropout["default"] for layer in layers]
        self._sizes = [layer.lora_A["default"].weight.shape[1] for layer in layers]
        device = next(adapted.parameters()).device
        self._masks = torch.ones(sum(self._sizes), device=device)

    @property
    def active(self) -> bool:
        """Whether any layer drops features now."""
        return any(dropout.training for dropout in self._dropouts)

    def draw(self) -> None:
        """Draw new masks, unless no layer drops features."""
        if self.active:
            drawn = zip(self._dropouts, self._sizes, strict=True)
            self._masks.copy_(torch.cat([dropout.draw(size) for dropout, size in drawn]))

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the layers use these masks inside the context instead of drawing their own."""
        for dropout, mask in zip(self._dropouts, torch.split(self._masks, self._sizes), strict=True):
            dropout.static = mask
        try:
            yield
        finally:
            for dropout in self._dropouts:
                dropout.static = None


def skip_masks(adapted: nn.Module) -> None:
    """Draw the masks of a micro-batch that another process computes, so that the generators stay alike."""
    StaticMasks(adapted).draw()


def target_modules(model: nn.Module, wanted: tuple[str, ...] | None) -> list[str] | str:
    """Return `wanted`; if that is None, the default of the model's family, or `all-linear` for an unknown family.

    Raises:
        ConfigError: no linear layer has a wanted name. The message lists the existing names.
    """
    from transformers.pytorch_utils import Conv1D

    names = {
        path.rpartition(".")[2] for path, module in model.named_modules() if isinstance(module, nn.Linear | Conv1D)
    }
    if wanted == ("all-linear",):
        return "all-linear"
    if wanted is None:
        return next((list(targets) for targets in FAMILY_TARGETS if names.issuperset(targets)), "all-linear")
    if missing := sorted(set(wanted) - names):
        raise ConfigError(
            f"lora.target_modules names {', '.join(map(repr, missing))}, which this model does not have. "
            f"Its linear layers are {', '.join(sorted(names))}; or give [all-linear]."
        )
    return list(wanted)


def add_lora(
    model: Any,
    *,
    base_name: str,
    rank: int,
    alpha: float,
    dropout: float,
    targets: list[str] | str,
    rslora: bool = False,
    dora: bool = False,
    seed: int,
) -> tuple[Any, torch.Generator]:
    """Return `model` with a new LoRA adapter, and the generator of its dropout.

    B is zero, so the model's output does not change yet. `seed` determines A and the dropout masks.
    """
    import_peft()
    from peft import LoraConfig, TaskType, get_peft_model

    task = TaskType.SEQ_2_SEQ_LM if model.config.is_encoder_decoder else TaskType.CAUSAL_LM
    config = LoraConfig(
        task_type=task, r=rank, lora_alpha=alpha,  # type: ignore[arg-type]
        lora_dropout=dropout, target_modules=targets, use_rslora=rslora,
        use_dora=dora, fan_in_fan_out=model.config.model_type == "gpt2", base_model_name_or_path=base_name,
    )  # fmt: skip
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PEFT asks transformers for a property it will rename
        torch.manual_seed(seed)
        adapted = get_peft_model(model, config, autocast_adapter_dtype=False)
    adapted.peft_config["default"].base_model_name_or_path = base_name
    for parameter in trainable(adapted).values():
        parameter.data = parameter.data.to(model.dtype)  # PEFT leaves float32 beside quantized weights
    generator = torch.Generator().manual_seed(seed)
    for module in adapted.modules():
        if "default" in (dropouts := getattr(module, "lora_dropout", {})) and dropout > 0:
            dropouts["default"] = FeatureDropout(dropout, generator)
    return adapted, generator


def set_dropout(adapted: nn.Module, on: bool) -> None:
    """Turn the dropout of the adapter on or off. The base model stays in evaluation mode.

    T5, BART and GPT-2 have their own dropout, which draws from torch's global generator: with it, neither the seed nor
    a checkpoint would determine the result of a run.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in adapted.modules():
        training = on and isinstance(module, FeatureDropout | BaseTunerLayer)
        if module.training != training:  # setting an attribute of a module is slow, and most have it already
            module.training = training


def trainable(adapted: nn.Module) -> dict[str, nn.Parameter]:
    """Return the trainable parameters by name."""
    return {name: parameter for name, parameter in adapted.named_parameters() if parameter.requires_grad}


def adapter_keys(adapted: Any) -> dict[str, str]:
    """Return the parameter name in the model for each key that PEFT writes to an adapter file."""
    from peft import get_peft_model_state_dict

    parameters = {name: parameter.data for name, parameter in trainable(adapted).items()}
    names = {id(tensor): name for name, tensor in parameters.items()}
    # With "auto", PEFT would look up the base model on the hub.
    state = get_peft_model_state_dict(adapted, parameters, save_embedding_layers=False)
    return {key: names[id(tensor)] for key, tensor in state.items()}


def save_adapter(adapted: Any, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write `weights` (parameter name to float32 tensor) and the LoRA settings into `folder` in PEFT's format."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: weights[name].detach().cpu().contiguous() for key, name in adapter_keys(adapted).items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    adapted.peft_config["default"].save_pretrained(folder)


def load_weights(adapted: Any, folder: Path) -> dict[str, Tensor]:
    """Return the weights that `save_adapter` wrote into `folder`, by parameter name of `adapted`.

    Raises:
        ModelError: they cannot be read, or belong to another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(folder / WEIGHTS)
        return {name: tensors[key] for key, name in adapter_keys(adapted).items()}
    except (OSError, SafetensorError, KeyError) as error:
        raise ModelError(f"The adapter in {folder} is damaged: {' '.join(str(error).split())}.") from None


def load_adapter(base: Any, folder: Path) -> Any:
    """Return `base` with the adapter in `folder`, in evaluation mode; the result is the same as with PEFT.

    Layers and ranks are taken from the tensors, so a small file cannot cause a large allocation.

    Raises:
        ModelError: the folder holds no safetensors adapter, the adapter is damaged, or it does not fit `base`.
    """
    import_peft()
    from peft import get_peft_model
    from safetensors.torch import load_file

    files = check_adapter(folder)
    _require_layers(base, files, folder)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # everything that PEFT warns about is checked here
        adapted = get_peft_model(base, _peft_config(base, files))
    parameters, keys = trainable(adapted), adapter_keys(adapted)
    expected = {key: tuple(parameters[name].shape) for key, name in keys.items()}
    if differing := sorted(expected.items() ^ files.shapes.items()):
        key = differing[0][0]
        raise _unfit(folder, f"{key!r} is {_size(files.shapes.get(key))} in the adapter and {_size(expected.get(key))} "
                             "in the model")  # fmt: skip
    for key, tensor in load_file(folder / WEIGHTS).items():
        if not tensor.isfinite().all():
            raise ModelError(f"The adapter in {folder} has infinite or NaN values in {key!r}: train it again.")
        parameters[keys[key]].data.copy_(tensor)
    return adapted.eval().requires_grad_(False)


def _require_layers(base: Any, files: AdapterFiles, folder: Path) -> None:
    """Raise ModelError unless the adapter has tensors for exactly the layers of `base` that its settings name."""
    from transformers.pytorch_utils import Conv1D

    modules = dict(base.named_modules())
    wanted = files.settings.targets(modules)
    paths = files.paths
    if unknown := sorted(paths - modules.keys()):
        raise _unfit(folder, f"{unknown[0]!r} exists only in the adapter")
    if other := sorted(path for path in paths if not isinstance(modules[path], nn.Linear | Conv1D)):
        raise _unfit(folder, f"{other[0]!r} is not a linear layer")
    if wanted is not None and (differing := sorted(paths ^ wanted)):
        side = "not named in its settings" if differing[0] in paths else "named in its settings but has no tensors"
        raise _unfit(folder, f"{differing[0]!r} is {side}")
    if not paths:
        raise _unfit(folder, "it has no tensors")


def _peft_config(base: Any, files: AdapterFiles) -> Any:
    """Return PEFT settings made only from checked values. Names are literal, never patterns."""
    import_peft()
    from peft import LoraConfig, TaskType

    settings = files.settings
    return LoraConfig(
        task_type=TaskType.SEQ_2_SEQ_LM if base.config.is_encoder_decoder else TaskType.CAUSAL_LM,
        r=settings.rank, lora_alpha=settings.alpha,  # type: ignore[arg-type]
        rank_pattern=_literal(settings.rank_pattern), alpha_pattern=_literal(settings.alpha_pattern),
        target_modules=sorted(files.paths), use_rslora=settings.use_rslora, use_dora=settings.use_dora,
        fan_in_fan_out=base.config.model_type == "gpt2",
    )  # fmt: skip


def _literal(names: Mapping[str, Any] | None) -> dict[str, Any]:
    """Escape `names` as regular expressions that match only themselves; a leading `^` stays an anchor."""
    return {"^" * name.startswith("^") + re.escape(name.lstrip("^")): value for name, value in (names or {}).items()}


def _size(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of the shape {shape}"


def _unfit(folder: Path, reason: str) -> ModelError:
    return ModelError(f"The adapter in {folder} does not fit this base model: {reason}.")


def merge(adapted: Any, dtype: torch.dtype) -> Any:
    """Return the base model with the adapter merged into its weights: the same outputs from plain layers.

    Layers are merged in float32 and converted to `dtype` one at a time, so memory never holds a second model.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    merged_from: list[Tensor] = []
    for layer in adapted.modules():
        if isinstance(layer, BaseTunerLayer):
            weight: Any = layer.get_base_layer().weight
            stored: Tensor = weight.data
            weight.data = stored.float()
            layer.merge()
            weight.data = weight.data.to(dtype)
            merged_from.append(stored)
    unmap_pages([(stored.data_ptr(), stored.nbytes) for stored in merged_from])
    return adapted.unload()
