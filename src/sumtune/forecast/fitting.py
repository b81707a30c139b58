"""How many tokens can be computed at once: as many as planned, or fewer where memory is short."""

from collections.abc import Sequence
from dataclasses import replace

from sumtune.errors import SumtuneError
from sumtune.forecast.trial import padded_tokens, planned_groups, trials
from sumtune.memory import available_bytes, free_memory, peak_bytes, reset_peak, resident_bytes
from sumtune.text.encode import Encoded
from sumtune.train.session import Session
from sumtune.train.step import is_out_of_memory

__all__ = ["fitted"]

SPARE = 0.1
"""Part of the free memory that is left to others."""
WATCHED = 1 / 3
"""Size of the larger of two micro-batches that are watched, as a part of the largest planned one."""


def fitted(session: Session, known_peak: int | None = None) -> Session:
    """`session`, computing fewer tokens at once where as many as planned do not fit into the memory that is free.

    On a CPU, where the system kills who takes too much, two small micro-batches are watched and the rest is reckoned,
    unless `known_peak`, the resident bytes that the planned ones took before, are there. On a GPU the largest is tried.

    Raises:
        SumtuneError: not even the longest example fits.
    """
    if session.loss_fn.model.device.type != "cpu":
        return _tried(session)
    limit = resident_bytes() + (1 - SPARE) * available_bytes()
    return session if known_peak is not None and known_peak <= limit else _reckoned(session, limit)


def _reckoned(session: Session, limit: float) -> Session:
    """Memory grows in proportion to the padded tokens of a micro-batch."""
    groups = sorted(planned_groups(session), key=padded_tokens)
    sizes = [padded_tokens(group) for group in groups]
    medium = min(range(len(groups)), key=lambda at: abs(sizes[at] - WATCHED * sizes[-1]))
    at_small, at_medium = _peaks(session, groups[0], groups[medium])
    of_a_token = max(0, at_medium - at_small) / max(1, sizes[medium] - sizes[0])

    def need(tokens: int) -> float:
        return at_medium + of_a_token * (tokens - sizes[medium])

    longest = max(session.plan.lengths)
    if need(sizes[-1]) <= limit:
        return session
    if need(longest) > limit:
        raise SumtuneError(
            f"Training needs about {need(longest) / 1e9:.1f} GB for the longest example ({longest} tokens), and there "
            f"are {limit / 1e9:.1f} GB: close other programs, or give a smaller model.max_source_tokens, lora.rank or "
            "model."
        )
    fitting = sizes[medium] + int((limit - at_medium) / of_a_token)
    return replace(session, max_tokens=max(longest, min(fitting, session.max_tokens)))


def _tried(session: Session) -> Session:
    while True:
        with trials(session) as compute:
            try:
                compute(max(planned_groups(session), key=padded_tokens))
                return session
            except RuntimeError as error:
                if not is_out_of_memory(error) or session.max_tokens <= min(session.plan.lengths):
                    raise
        session = replace(session, max_tokens=session.max_tokens // 2)


def _peaks(session: Session, small: Sequence[Encoded], medium: Sequence[Encoded]) -> list[int]:
    """Highest memory of the process during each, after one run that also makes what all of them need."""
    peaks = []
    with trials(session) as compute:
        compute(small)
        for group in (small, medium):
            free_memory()
            reset_peak()
            compute(group)
            peaks.append(peak_bytes())
    return peaks
