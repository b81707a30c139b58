"""Make micro-batches smaller if the planned ones do not fit into free memory."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import torch

from sumtune.errors import SumtuneError
from sumtune.forecast.trial import planned_micro_batches, trials
from sumtune.memory import available_bytes, free_memory, peak_bytes, reset_peak, resident_bytes
from sumtune.text.encode import Encoded
from sumtune.train.session import Session
from sumtune.train.step import is_out_of_memory

__all__ = ["fit_to_memory"]

RESERVED_SHARE = 0.1
"""Share of the free memory that is left to other processes."""
PROBE_SHARE = 1 / 3
"""Size of the larger of the two measured micro-batches, relative to the largest planned one."""


def fit_to_memory(session: Session, known_peak_bytes: int | None = None) -> Session:
    """Return `session`, with fewer tokens in a micro-batch if the planned ones do not fit into free memory.

    On a CPU the system kills a process that takes too much memory. So this measures two small micro-batches and
    extrapolates, unless `known_peak_bytes`, the peak of an earlier run with the planned size, fits. On a GPU it
    tries the largest micro-batch and halves the tokens until it fits.

    Raises:
        SumtuneError: not even the longest example fits.
    """
    if session.loss_fn.model.device.type != "cpu":
        return _halve_until_it_fits(session)
    limit = resident_bytes() + (1 - RESERVED_SHARE) * available_bytes()
    return session if known_peak_bytes is not None and known_peak_bytes <= limit else _extrapolate(session, limit)


def _extrapolate(session: Session, limit: float) -> Session:
    """Return `session` with micro-batches that fit into `limit` bytes.

    Apart from the activations that layers save, memory grows linearly with padded tokens. If not even the longest
    example fits, more layers run again in the backward pass.
    """
    planned = planned_micro_batches(session)
    order = sorted(range(len(planned)), key=planned.padded.__getitem__)
    sizes = [planned.padded[at] for at in order]
    larger = [at for at, size in enumerate(sizes) if size > sizes[0]] or [0]
    medium = min(larger, key=lambda at: abs(sizes[at] - PROBE_SHARE * sizes[-1]))
    at_small, at_medium = _peaks(session, planned[order[0]], planned[order[medium]])
    recompute = session.loss_fn.recompute
    saved = recompute.saved_bytes_of if recompute else lambda _: 0.0
    growth = at_medium - at_small - (saved(sizes[medium]) - saved(sizes[0]))
    per_token = max(0, growth) / max(1, sizes[medium] - sizes[0])
    fixed = at_medium - saved(sizes[medium]) - per_token * sizes[medium]

    def need(tokens: int) -> float:
        return fixed + per_token * tokens + saved(tokens)

    longest = max(session.plan.lengths)
    if need(sizes[-1]) <= limit:
        return session
    if need(longest) > limit:
        smallest = need(longest) - saved(longest)
        if recompute is not None and recompute.layers and smallest <= limit:
            recompute.budget_bytes = limit - smallest
            return replace(session, max_tokens=longest)
        raise SumtuneError(
            f"Training needs about {smallest / 1e9:.1f} GB for the longest example ({longest} tokens), but "
            f"only {limit / 1e9:.1f} GB are available. Close other programs, or choose a smaller "
            "model.max_source_tokens, lora.rank or model."
        )
    candidates = range(longest, max(longest, session.max_tokens) + 1)
    return replace(session, max_tokens=candidates[bisect_right(candidates, limit, key=need) - 1])


def _halve_until_it_fits(session: Session) -> Session:
    """Return `session` with micro-batches that a trial computes without running out of memory."""
    while True:
        with trials(session) as compute:
            try:
                compute(planned_micro_batches(session).largest)
                return session
            except RuntimeError as error:
                if not is_out_of_memory(error) or session.max_tokens <= min(session.plan.lengths):
                    raise
        torch.cuda.empty_cache()  # nothing on other devices
        session = replace(session, max_tokens=session.max_tokens // 2)


def _peaks(session: Session, small: Sequence[Encoded], medium: Sequence[Encoded]) -> list[int]:
    """Return the peak memory of the process in each micro-batch, after one run that allocates what both share."""
    peaks = []
    with trials(session) as compute:
        compute(small)
        for group in (small, medium):
            free_memory()
            reset_peak()
            compute(group)
            peaks.append(peak_bytes())
    return peaks
