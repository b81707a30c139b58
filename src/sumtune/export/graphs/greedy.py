"""Greedy search over graphs with a cache. Each export of graphs contains a copy of this file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

__all__ = ["Graph", "GreedyModel"]


class Graph(Protocol):
    """A graph that its runtime has loaded. Names have no prefix: `input.cache.…` and `output.cache.…` are the same."""

    outputs: Mapping[str, tuple[Sequence[int | None], Any]]
    """Shape and numpy type by name; the size of an open dimension is None."""

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs for `values`, which hold every input; values that are not inputs are ignored."""
        ...


class GreedyModel:
    """Graphs by name, with the end marks and limits of the `generation_config.json` in their folder.

    A decoder-only model is one graph, `decode`: it reads tokens and the cache of those before them. An encoder–decoder
    has `encoder`, `prefill` for the first token, and `decode` for the others.
    """

    def __init__(self, folder: Path, graphs: Mapping[str, Graph]) -> None:
        self.settings = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
        self.graphs = graphs

    def generate(self, ids: Sequence[int]) -> list[int]:
        """Return the token ids of the summary for a prompt, without the end mark."""
        is_pair, ends = "encoder" in self.graphs, self.settings["eos_token_id"]
        known = self._encoded(ids) if is_pair else self._empty_cache()
        tokens, step, read = [self.settings["decoder_start_token_id"]] if is_pair else list(ids), "prefill", 0
        written: list[int] = []
        while len(written) < self.settings["max_new_tokens"]:
            known |= _inputs(tokens, read, is_pair)
            outputs = self.graphs[step if step in self.graphs else "decode"].run(known)
            logits, read, step = outputs.pop("logits")[0, -1].copy(), read + len(tokens), "decode"
            if len(written) < self.settings["min_new_tokens"]:
                logits[ends] = -np.inf
            logits[_repeating(written, self.settings.get("no_repeat_ngram_size", 0))] = -np.inf
            token = int(logits.argmax())
            if token in ends:
                break
            written.append(token)
            tokens, known = [token], known | outputs
        return written

    def _encoded(self, ids: Sequence[int]) -> dict[str, Any]:
        known: dict[str, Any] = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
        hidden = self.graphs["encoder"].run(known)["last_hidden_state"]
        return known | {"encoder_outputs.last_hidden_state": hidden}

    def _empty_cache(self) -> dict[str, Any]:
        """Return tensors without positions for every part of the cache; open sizes are the batch and the positions."""
        return {
            name: np.zeros([int(at == 0) if size is None else size for at, size in enumerate(shape)], kind)
            for name, (shape, kind) in self.graphs["decode"].outputs.items()
            if "cache" in name
        }


def _repeating(written: Sequence[int], size: int) -> list[int]:
    """Return the tokens that would end a sequence of `size` tokens which is in `written` already; none if it is 0."""
    begun = written[len(written) - size + 1 :]
    starts = range(len(written) - size + 1) if size else ()
    return [written[at + size - 1] for at in starts if written[at : at + size - 1] == begun]


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
