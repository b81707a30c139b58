"""Greedy search over ONNX graphs with ONNX Runtime. Each ONNX export of sumtune contains a copy of this file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

__all__ = ["GreedyModel"]

DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}


class GreedyModel:
    """The graphs in a folder, with the end marks and limits of its `generation_config.json`.

    A decoder-only model is one graph, `decode.onnx`: it reads tokens and the cache of those before them. An
    encoder–decoder has `encoder.onnx`, `prefill.onnx` for the first token, and `decode.onnx` for the others.
    """

    def __init__(self, folder: Path) -> None:
        self.settings = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
        self.sessions = {path.stem: onnxruntime.InferenceSession(str(path)) for path in folder.glob("*.onnx")}

    def generate(self, ids: Sequence[int]) -> list[int]:
        """Return the token ids of the summary for a prompt, without the end mark."""
        is_pair, ends = "encoder" in self.sessions, self.settings["eos_token_id"]
        known = self._encoded(ids) if is_pair else self._empty_cache()
        tokens, step, read = [self.settings["decoder_start_token_id"]] if is_pair else list(ids), "prefill", 0
        written: list[int] = []
        while len(written) < self.settings["max_new_tokens"]:
            known |= _inputs(tokens, read, is_pair)
            outputs = self._run(step if step in self.sessions else "decode", known)
            logits, read, step = outputs.pop("logits")[0, -1], read + len(tokens), "decode"
            if len(written) < self.settings["min_new_tokens"]:
                logits[ends] = -np.inf
            token = int(logits.argmax())
            if token in ends:
                break
            written.append(token)
            tokens, known = [token], known | outputs
        return written

    def _run(self, graph: str, known: dict[str, Any]) -> dict[str, Any]:
        """Run a graph with the values that it asks for, and return its outputs, both by name without a prefix."""
        session = self.sessions[graph]
        feed = {one.name: known[_bare(one.name)] for one in session.get_inputs()}
        names = [_bare(one.name) for one in session.get_outputs()]
        return dict(zip(names, session.run(None, feed), strict=True))

    def _encoded(self, ids: Sequence[int]) -> dict[str, Any]:
        known: dict[str, Any] = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
        hidden = self._run("encoder", known)["last_hidden_state"]
        return known | {"encoder_outputs.last_hidden_state": hidden}

    def _empty_cache(self) -> dict[str, Any]:
        """Return tensors without positions for every part of the cache."""
        caches = [one for one in self.sessions["decode"].get_inputs() if "cache" in one.name]
        return {
            _bare(one.name): np.zeros([_size(at, size) for at, size in enumerate(one.shape)], DTYPES[one.type])
            for one in caches
        }


def _inputs(tokens: list[int], read: int, is_pair: bool) -> dict[str, Any]:
    """Return the inputs for `tokens` after `read` others; those that a graph does not have are ignored."""
    if is_pair:
        return {"decoder_input_ids": np.array([tokens])}
    end = read + len(tokens)
    return {
        "input_ids": np.array([tokens]),
        "position_ids": np.arange(read, end)[None],
        "attention_mask": np.ones((1, end), np.int64),
    }


def _bare(name: str) -> str:
    return name.removeprefix("input.").removeprefix("output.")


def _size(at: int, size: int | str) -> int:
    """Return a dimension of an empty cache; named ones are the batch (the first) and the number of positions."""
    return size if isinstance(size, int) else int(at == 0)
