"""What counts as a name or a number, and when a dialogue supports it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.mentions import mentions, names, numbers, unsupported

DIALOGUE = "Maya: The boiler is out again, call Ivo's landlord?\nIvo: After work, around six. It costs 1,200 euros."


def texts(found):
    return [mention.text for mention in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maya meets Ivo.", ["Maya", "Ivo"]),
        ("They meet. He pays, but She stays.", ["She"]),
        ("I'm here and I’ll stay with Maya’s dog.", ["Maya"]),
        ("“Then” Zoë left. Éva stays.", ["Zoë", "Éva"]),
        ("On Friday in New York", ["Friday", "New", "York"]),
        ("nobody is named here", []),
        ("O'Neil calls", ["O'Neil"]),
        ("", []),
    ],
)
def test_names(text, expected):
    assert texts(names(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At 7:30 on 3.4. for 5 euros", ["7:30", "3.4", "5"]),
        ("one of twelve, and zero hope", ["twelve"]),
        ("B52 and covid19", ["52", "19"]),
        ("none", []),
    ],
)
def test_numbers(text, expected):
    assert texts(numbers(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They meet. There is cake.", []),
        ("Two of Anna-Lena's friends owe Tom 12.5", ["Two", "Anna", "Lena", "Tom", "12.5"]),
        ("she met tom", []),
    ],
)
def test_mentions_are_names_and_numbers_in_order(text, expected):
    assert texts(mentions(text)) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Ivo will call the landlord at 6.", []),
        ("IVO calls Maya's landlord at six, for 1200 euros.", []),
        ("Eva will call at 7.", ["Eva", "7"]),
        ("Seven people call Ivo.", ["Seven"]),
        ("The boiler costs 1,200.00 euros on Friday.", ["Friday"]),
    ],
)
def test_what_the_dialogue_does_not_contain_is_found(summary, expected):
    assert texts(unsupported(summary, DIALOGUE)) == expected


@given(st.text(max_size=200))
def test_a_text_supports_itself_and_places_are_right(text):
    assert unsupported(text, text) == []
    for mention in unsupported(text, ""):
        assert text[mention.start : mention.end] == mention.text


@pytest.mark.parametrize(
    "text",
    [
        "Wir zahlen nicht mit " + "1" * 50_000,
        "Nous ne sommes pas Anna. " * 4_000,
        "1," * 50_000,
        "A'" * 50_000,
        "Ab." * 33_000,
        " " * 100_000 + "A",
        "-" * 100_000,
    ],
)
def test_long_texts_take_no_longer_than_their_length_says(text):
    begun = time.process_time()
    unsupported(text, text)
    assert time.process_time() - begun < 5
