from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.data.dialogue import as_text

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["speaker", "text", "role", "content"]), inner),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\ufeff Ann: Hi\r\nBob: Yo\0 \r", "Ann: Hi\nBob: Yo"),
        ("\u200eAnn: Hi \t\r\n\u202aBob\u202c: Yo  yo", "Ann: Hi\nBob: Yo  yo"),
        ([{"speaker": "\u200eAnn", "text": "Hi \r\n  there  you "}], "Ann: Hi there  you"),
        (None, ""),
        ([], ""),
        (["Ann: Hi", None, " ", "Bob:\nYo"], "Ann: Hi\nBob: Yo"),
        ([{"speaker": "Ann", "text": "Hi"}, {"role": "Bob", "content": "Yo"}], "Ann: Hi\nBob: Yo"),
        ([{"From": "Ann", "Value": "Hi"}, {"message": "Yo"}, {"speaker": "Eve", "text": None}], "Ann: Hi\nYo"),
        ([{"speaker": 0, "text": "Hi"}], "0: Hi"),
        ([{"speaker": None, "role": "Ann", "text": None, "content": "Hi"}], "Ann: Hi"),
        (5, None),
        (float("nan"), None),
        ({"text": "Hi"}, None),
        ([{"speaker": "Ann"}], None),
        (["Hi", 5], None),
        ([["Hi"]], None),
        ([{"text": {"text": "Hi"}}], None),
    ],
)
def test_forms_of_a_dialogue(value: Any, text: str | None) -> None:
    assert as_text(value) == text


@settings(deadline=None)
@given(JSON_VALUES)
def test_any_value_is_clean_text_or_none(value: Any) -> None:
    text = as_text(value)
    assert text is None or (text == text.strip() and not {"\r", "\0"} & set(text))


@given(st.lists(st.fixed_dictionaries({"speaker": st.sampled_from("AB"), "text": st.text()})))
def test_a_turn_is_a_line(turns: list[dict[str, str]]) -> None:
    text = as_text(turns)
    assert text is not None
    assert len(text.split("\n")) == max(1, sum(bool(as_text(turn["text"])) for turn in turns))
