"""Reading in pieces gives what reading at once gives."""

from pathlib import Path

import pytest
import torch

from sumtune.decode.native import decoder as native
from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.extract import extract_weights
from sumtune.kernels.attention import BLOCK
from sumtune.kernels.build import Kernels
from sumtune.model.load import load_base


@pytest.mark.parametrize("name", ["gemma", "llama"])
@pytest.mark.parametrize(("rows", "time"), [(1, 2 * BLOCK + 5), (1, 2 * BLOCK), (3, BLOCK + 1), (2, 7)])
def test_reading_in_pieces_equals_reading_at_once(
    tiny_models: dict[str, Path], kernels: Kernels, name: str, rows: int, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, embedding, _ = extract_weights(load_base(tiny_models[name], torch.float32), kernels)
    decoder = Decoder(weights, embedding, kernels)
    ids = torch.randint(len(embedding), (rows, time), generator=torch.Generator().manual_seed(0))
    found = []
    for piece in (10**6, BLOCK):
        monkeypatch.setattr(native, "PIECE", piece)
        cache = decoder.new_cache(torch.full((rows,), time), beams=2, limit=3)
        states = decoder.read(cache, ids)
        tensors = [tensor for layer in cache.layers for tensor in (layer.read_keys, layer.read_values)]
        with torch.inference_mode():
            written = decoder.write(cache, torch.zeros(2 * rows, dtype=torch.int64))
        found.append([states, written, *tensors])
    for once, pieces in zip(*found, strict=True):
        torch.testing.assert_close(pieces, once, rtol=1e-5, atol=1e-6)
