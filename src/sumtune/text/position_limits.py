"""Position limits of a model, and token limits that respect them."""

from dataclasses import dataclass, replace

from sumtune.errors import ModelError
from sumtune.text.prompt import Prompt

__all__ = ["UNLIMITED", "PositionLimits"]

MIN_SOURCE_TOKENS = 16
"""Smallest useful limit of dialogue tokens."""


@dataclass(frozen=True)
class PositionLimits:
    """Number of positions of a model; None means no limit, as in T5."""

    encoder: int | None = None
    """Also None for a decoder-only model."""
    decoder: int | None = None
    """In a decoder-only model, prompt, dialogue and summary share these positions."""

    def fit(self, prompt: Prompt, overhead: int, is_encoder_decoder: bool) -> Prompt:
        """Return `prompt` with token limits reduced so that every token has a position.

        `overhead` is the number of source tokens besides the dialogue.

        Raises:
            ModelError: no room is left for a dialogue. The message names the setting to change.
        """
        target = prompt.max_target_tokens
        if is_encoder_decoder and self.decoder is not None:
            target = min(target, self.decoder)
        limit, used = (self.encoder, overhead) if is_encoder_decoder else (self.decoder, overhead + target)
        if limit is None or prompt.max_source_tokens + used <= limit:
            return replace(prompt, max_target_tokens=target)
        if limit - used < MIN_SOURCE_TOKENS:
            room = limit - overhead - MIN_SOURCE_TOKENS
            remedy = (f"set model.max_target_tokens to at most {room}" if room > 0 and not is_encoder_decoder
                      else "choose a model with more positions")  # fmt: skip
            raise ModelError(f"The model has only {limit} positions. Prompt and summary take {used} of them, which "
                             f"leaves no room for a dialogue: {remedy}.")  # fmt: skip
        return replace(prompt, max_source_tokens=limit - used, max_target_tokens=target)


UNLIMITED = PositionLimits()
