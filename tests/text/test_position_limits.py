"""Every token has a position: token limits of prompts are reduced to the positions of the model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.errors import ModelError
from sumtune.text.position_limits import PositionLimits
from sumtune.text.prompt import Prompt

PROMPT = Prompt("Read: ", "\nTL;DR:", "", max_source_tokens=1024, max_target_tokens=128)
limits = st.none() | st.integers(1, 3000)


@given(encoder=limits, decoder=limits, source=st.integers(16, 2000), target=st.integers(4, 500),
       overhead=st.integers(0, 60), both=st.booleans())  # fmt: skip
def test_what_is_read_and_written_has_positions_and_no_more_is_cut_than_needed(
    encoder: int | None, decoder: int | None, source: int, target: int, overhead: int, both: bool
) -> None:
    asked = replace(PROMPT, max_source_tokens=source, max_target_tokens=target)
    try:
        fitted = PositionLimits(encoder, decoder).fit(asked, overhead, both)
    except ModelError:
        limit = encoder if both else decoder
        assert limit is not None
        assert limit < overhead + 16 + (0 if both else target)
        return
    assert replace(fitted, max_source_tokens=source, max_target_tokens=target) == asked
    read = fitted.max_source_tokens + overhead
    written = fitted.max_target_tokens
    allowed = [(encoder, read), (decoder, written)] if both else [(decoder, read + written)]
    assert all(limit is None or used <= limit for limit, used in allowed)
    if (fitted.max_source_tokens, fitted.max_target_tokens) != (source, target):
        assert any(limit == used for limit, used in allowed)


@pytest.mark.parametrize("positions", [140, 150])
def test_the_remedy_for_too_few_positions_works(positions: int) -> None:
    with pytest.raises(ModelError, match=r"only 1\d0 positions.*model\.max_target_tokens to at most") as refused:
        PositionLimits(decoder=positions).fit(PROMPT, 10, False)
    advised = int(str(refused.value).rstrip(".").rsplit(" ", 1)[1])
    fitted = PositionLimits(decoder=positions).fit(replace(PROMPT, max_target_tokens=advised), 10, False)
    assert fitted.max_source_tokens == 16


def test_without_any_room_the_remedy_is_another_model() -> None:
    for both in (True, False):
        with pytest.raises(ModelError, match="choose a model with more positions"):
            PositionLimits(20, 20).fit(PROMPT, 10, both)
