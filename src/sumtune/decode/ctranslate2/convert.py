"""Conversion of a merged model to CTranslate2, compared with the original before it is used."""

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sumtune.decode.engine_entry import delete_older_engines
from sumtune.decode.threads import preserve_torch_threads
from sumtune.decode.unsupported import UnsupportedError
from sumtune.files.cache import Entry
from sumtune.files.records import read_record, write_record
from sumtune.model.load import load_config, load_tokenizer, sliding_window
from sumtune.model.merge import load_merged, save_model

__all__ = ["conversion_seconds", "convert", "convert_into"]

MAX_DIFFERENCE = 0.25
"""Largest allowed mean difference from torch on the probe text, in nats per token."""
TIMING = "conversion.json"
CONSTANTS: dict[str, dict[str, bool]] = {
    "bart": {"normalize_before": False},
    "mbart": {"normalize_before": True},
    "pegasus": {"normalize_before": True, "normalize_embedding": False},
}
"""Settings that no model of a family changes: transformers 5 dropped them, and the converter reads them."""
PROBE = "Ann: Shall we meet at the station tomorrow at five?\nBen: Yes, I will bring the tickets and some coffee."


logger = logging.getLogger(__name__)


class DisagreementError(UnsupportedError):
    """The converted model disagrees with torch."""


def convert(base_folder: Path, adapter_folder: Path | None, quantization: str, entry: Entry) -> Path:
    """Return the folder of `entry` with the merged model for CTranslate2; convert it if the folder is missing.

    A model whose 8-bit form disagrees with torch is converted to float32: on processors without VNNI, the 8-bit
    products of CTranslate2 saturate at 16 bits.

    Raises:
        UnsupportedError: CTranslate2 does not know the architecture, or the converted model disagrees with torch.
    """

    def fill(folder: Path) -> None:
        begun = time.monotonic()
        convert_into(folder, base_folder, adapter_folder, quantization)
        write_record(folder / TIMING, {"seconds": time.monotonic() - begun})

    if (found := entry.find()) is not None:
        return found
    folder = entry.get(fill)
    delete_older_engines(entry)
    return folder


def convert_into(folder: Path, base_folder: Path, adapter_folder: Path | None, quantization: str) -> None:
    """Write the merged model for CTranslate2 into the existing `folder`.

    Raises:
        UnsupportedError: CTranslate2 does not know the architecture, or the converted model disagrees with torch.
    """
    merged, result = folder / ".merged", folder / ".converted"
    model = load_merged(base_folder, adapter_folder, torch.float32)
    save_model(model, base_folder, merged)
    _convert_in_agreement(model, merged, quantization, result)
    for file in result.iterdir():
        file.rename(folder / file.name)
    shutil.rmtree(merged)
    result.rmdir()


def conversion_seconds(folder: Path) -> float:
    """Return the seconds that the conversion into `folder` took."""
    return float(read_record(folder / TIMING)["seconds"])


def _convert_in_agreement(model: Any, merged: Path, quantization: str, result: Path) -> None:
    """Convert `merged`; to float32 instead of int8 if only that agrees with torch."""
    try:
        _run_converter(merged, quantization, result)
        _require_agreement(model, merged, result)
    except DisagreementError as error:
        if quantization != "int8":
            raise
        logger.info("%s It is converted to float32 instead of int8.", error)
        shutil.rmtree(result)
        _convert_in_agreement(model, merged, "float32", result)


def _run_converter(merged: Path, quantization: str, result: Path) -> None:
    import ctranslate2
    from ctranslate2.converters import TransformersConverter

    ctranslate2.set_log_level(40)
    number_format = {"int8": "int8_float32"}.get(quantization, quantization)
    config = load_config(merged)
    missing = {key: value for key, value in CONSTANTS.get(config.model_type, {}).items() if not hasattr(config, key)}
    if missing:
        config.update(missing)
        config.save_pretrained(merged)

    class Converter(TransformersConverter):  # type: ignore[misc]
        """Corrects what CTranslate2 4.8.5 reads wrongly: the scale of Flan-T5 and mT5, and the start token of mBART."""

        def _load(self) -> Any:
            spec = super()._load()
            if getattr(config, "scale_decoder_outputs", config.model_type != "mt5") is False:
                spec.decoder.scale_outputs = 1.0
            if config.is_encoder_decoder and spec.config.decoder_start_token is None:
                start = load_tokenizer(merged).convert_ids_to_tokens(config.decoder_start_token_id)
                spec.config.decoder_start_token = start
            return spec

    try:
        Converter(str(merged)).convert(str(result), quantization=number_format)
    except (ValueError, AttributeError, KeyError, NotImplementedError, RuntimeError, TypeError) as error:
        raise UnsupportedError(f"CTranslate2 cannot convert this model: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return the message of an error in the converter on one line. The message of a KeyError is only the key.

    >>> _reason(KeyError("type")), _reason(ValueError("No conversion\\nis registered."))
    ("its converter finds no entry 'type'", 'No conversion is registered.')
    """
    message = f"its converter finds no entry {error}" if isinstance(error, KeyError) else str(error)
    return " ".join(message.split())[:200]


def _require_agreement(model: Any, merged: Path, converted: Path) -> None:
    """Compare mean log-probabilities of a probe text, which reveal a wrong rotary base or a missing bias."""
    tokenizer, config = load_tokenizer(merged), load_config(merged)
    ids = list(tokenizer(PROBE).input_ids)[: sliding_window(config)]  # CTranslate2 is wrong beyond the window
    score = _score_pair if config.is_encoder_decoder else _score_sequence
    try:
        with preserve_torch_threads():
            expected, actual = score(model, tokenizer, ids, converted)
    except (RuntimeError, ValueError) as error:
        raise UnsupportedError(f"CTranslate2 cannot load the converted model: {error}") from error
    if not abs(expected - actual) <= MAX_DIFFERENCE:
        raise DisagreementError(
            f"CTranslate2 gives a probe text {actual:.2f} nats per token, but torch gives {expected:.2f}."
        )


def _score_sequence(model: Any, tokenizer: Any, ids: Sequence[int], converted: Path) -> tuple[float, float]:
    import ctranslate2

    tensor = torch.tensor([list(ids)])
    with torch.no_grad():
        logits = model(tensor).logits[0, :-1]
    scores = ctranslate2.Generator(str(converted)).score_batch([tokenizer.convert_ids_to_tokens(list(ids))])[0]
    return _mean_log_probability(logits, tensor[0, 1:]), _mean(scores.log_probs)


def _score_pair(model: Any, tokenizer: Any, ids: Sequence[int], converted: Path) -> tuple[float, float]:
    import ctranslate2

    plain = list(tokenizer(PROBE, add_special_tokens=False).input_ids)
    targets = torch.tensor([*plain, tokenizer.eos_token_id])
    start = torch.tensor([[model.config.decoder_start_token_id, *plain]])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([list(ids)]), decoder_input_ids=start).logits[0]
    to_tokens = tokenizer.convert_ids_to_tokens
    scores = ctranslate2.Translator(str(converted)).score_batch([to_tokens(list(ids))], [to_tokens(plain)])[0]
    return _mean_log_probability(logits, targets), _mean(scores.log_probs)


def _mean_log_probability(logits: torch.Tensor, targets: torch.Tensor) -> float:
    return float(logits.log_softmax(-1).gather(-1, targets[:, None]).mean())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
