"""Smaller micro-batches where the planned ones do not fit into free memory."""

from collections.abc import Sequence
from dataclasses import replace

from sumtune.errors import SumtuneError
from sumtune.forecast.trial import padded_tokens, planned_micro_batches, trials
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
    """Return `session`, with fewer tokens in a micro-batch where the planned ones do not fit into free memory.

    On a CPU the system kills a process that takes too much memory. So this measures two small micro-batches and
    extrapolates, unless `known_peak_bytes` says how much the planned ones took before. On a GPU it tries the largest
    micro-batch, and halves the tokens until it fits.

    Raises:
        SumtuneError: not even the longest example fits.
    """
    if session.loss_fn.model.device.type != "cpu":
        return _halve_until_it_fits(session)
    limit = resident_bytes() + (1 - RESERVED_SHARE) * available_bytes()
    return session if known_peak_bytes is not None and known_peak_bytes <= limit else _extrapolate(session, limit)


def _extrapolate(session: Session, limit: float) -> Session:
    """Return `session` with micro-batches that fit into `limit` bytes, if memory grows linearly with padded tokens."""
    groups = sorted(planned_micro_batches(session), key=padded_tokens)
    sizes = [padded_tokens(group) for group in groups]
    medium = min(range(len(groups)), key=lambda at: abs(sizes[at] - PROBE_SHARE * sizes[-1]))
    at_small, at_medium = _peaks(session, groups[0], groups[medium])
    per_token = max(0, at_medium - at_small) / max(1, sizes[medium] - sizes[0])

    def need(tokens: int) -> float:
        return at_medium + per_token * (tokens - sizes[medium])

    longest = max(session.plan.lengths)
    if need(sizes[-1]) <= limit:
        return session
    if need(longest) > limit:
        raise SumtuneError(
            f"Training needs about {need(longest) / 1e9:.1f} GB for the longest example ({longest} tokens), but "
            f"only {limit / 1e9:.1f} GB are available. Close other programs, or choose a smaller "
            "model.max_source_tokens, lora.rank or model."
        )
    max_tokens = sizes[medium] + int((limit - at_medium) / per_token)
    return replace(session, max_tokens=max(longest, min(max_tokens, session.max_tokens)))


def _halve_until_it_fits(session: Session) -> Session:
    """Return `session` with micro-batches that a trial computes without running out of memory."""
    while True:
        with trials(session) as compute:
            try:
                compute(max(planned_micro_batches(session), key=padded_tokens))
                return session
            except RuntimeError as error:
                if not is_out_of_memory(error) or session.max_tokens <= min(session.plan.lengths):
                    raise
        session = replace(session, max_tokens=session.max_tokens // 2)


def _peaks(session: Session, small: Sequence[Encoded], medium: Sequence[Encoded]) -> list[int]:
    """Return the peak memory of the process during each; a first run allocates what all micro-batches share."""
    peaks = []
    with trials(session) as compute:
        compute(small)
        for group in (small, medium):
            free_memory()
            reset_peak()
            compute(group)
            peaks.append(peak_bytes())
    return peaks
