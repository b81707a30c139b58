"""How many tokens a model has positions for, and token limits that keep to it."""

from dataclasses import dataclass, replace

from sumtune.errors import ModelError
from sumtune.text.prompt import Prompt

__all__ = ["UNLIMITED", "PositionLimits"]

MIN_SOURCE_TOKENS = 16
"""Fewer tokens are no dialogue."""


@dataclass(frozen=True)
class PositionLimits:
    """Most tokens that a model reads and writes; None where there is no limit, as in T5."""

    encoder: int | None = None
    """None for a decoder-only model, too."""
    decoder: int | None = None
    """Of a decoder-only model: prompt, dialogue and summary together."""

    def fit(self, prompt: Prompt, overhead: int, is_encoder_decoder: bool) -> Prompt:
        """Return `prompt` with limits that leave no token without a position.

        `overhead` is the number of source tokens that are not of the dialogue.

        Raises:
            ModelError: no room is left for a dialogue; the message says which setting leaves some.
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
                      else "choose a model that reads more")  # fmt: skip
            raise ModelError(f"The model has positions for {limit} tokens; prompt and summary take {used} of them, "
                             f"which leaves none for a dialogue: {remedy}.")  # fmt: skip
        return replace(prompt, max_source_tokens=limit - used, max_target_tokens=target)


UNLIMITED = PositionLimits()
