"""The change of `train.micro_batch_tokens` that longer examples need."""

from sumtune.config import Config

__all__ = ["longer_micro_batches"]


def longer_micro_batches(config: Config, source: int | str, target: int | str) -> dict[str, int]:
    """Return the setting that makes room for the two limits (tokens); nothing if there is room. `auto` needs none."""
    needed = sum(limit for limit in (source, target) if isinstance(limit, int))
    return {"train.micro_batch_tokens": needed} if needed > config.train.micro_batch_tokens else {}
