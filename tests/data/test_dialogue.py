import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.data.dialogue import as_text, read_dialogue

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


@settings(max_examples=25)
@given(JSON_VALUES)
def test_any_value_is_clean_text_or_none(value: Any) -> None:
    text = as_text(value)
    assert text is None or (text == text.strip() and not {"\r", "\0"} & set(text))


@given(st.lists(st.fixed_dictionaries({"speaker": st.sampled_from("AB"), "text": st.text()})))
def test_a_turn_is_a_line(turns: list[dict[str, str]]) -> None:
    text = as_text(turns)
    assert text is not None
    assert len(text.split("\n")) == max(1, sum(bool(as_text(turn["text"])) for turn in turns))


VTT = """WEBVTT - Weekly

NOTE made by a program

1
00:00:01.000 --> 00:00:02.500 align:start
<v Ann Lee>Shall we start?</v>

2
00:00:02.500 --> 00:00:04.000
<v Ann Lee>It is <i>nine</i>.</v>

00:04.000 --> 00:05.000
<v.loud Bob>Yes.</v> <v Ann Lee>Good.</v>
"""
SRT = """1
00:00:01,000 --> 00:00:02,500
Ann Lee: Shall we start?

2
00:00:02,500 --> 00:00:04,000
It is <i>nine</i>.

3
00:00:04,000 --> 00:00:05,000
Bob: Yes.

4
00:00:05,000 --> 00:00:06,000
Ann Lee: Good.
"""
IPHONE = """[25.12.23, 10:15:22] Family: \u200eMessages and calls are end-to-end encrypted.
[25.12.23, 10:15:22] Ann Lee: Shall we start?
It is nine.
\u200e[25.12.23, 10:16:00] Bob: \u200eimage omitted
[25.12.23, 10:16:01] Bob: Yes.
[25.12.23, 10:16:59] \u200eAnn Lee: Good. \u200e<This message was edited>
"""
ANDROID = """12/25/23, 10:15\u202fPM - Messages and calls are end-to-end encrypted.
12/25/23, 10:15\u202fPM - Ann Lee: Shall we start?
It is nine.
12/25/23, 10:16\u202fPM - Bob: <Media omitted>
12/25/23, 10:16\u202fPM - Bob: Yes.
12/25/23, 10:17\u202fPM - Ann Lee: Good.
"""
MEETING = "Ann Lee: Shall we start? It is nine.\nBob: Yes.\nAnn Lee: Good."


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (VTT, "a transcript"),
        (VTT.replace("\n", "\r\n"), "a transcript"),
        ("\ufeff" + VTT, "a transcript"),
        (SRT, "a transcript"),
        (IPHONE, "an exported chat"),
        (ANDROID, "an exported chat"),
        (ANDROID.replace("\n", "\r\n"), "an exported chat"),
        (json.dumps(MEETING.split("\n")), "a list in a text"),
        (str(MEETING.split("\n")), "a list in a text"),
        (str(MEETING.split("\n")).replace(", '", "\n '"), "a list in a text"),
        (json.dumps([{"speaker": line.split(": ")[0], "text": line.split(": ")[1]} for line in MEETING.split("\n")]),
         "a list in a text"),
        (json.dumps({"messages": MEETING.split("\n")}), "a list in a text"),
        (MEETING.replace("\n", "\\n"), "marks between turns"),
        (MEETING.replace("\n", " \\r\\n"), "marks between turns"),
        (MEETING.replace("\n", " __eou__ "), "marks between turns"),
        (MEETING.replace("\n", "<br />"), "HTML"),
        (MEETING.replace("\n", "<br>\n"), "HTML"),
        ("<div>" + MEETING.replace("\n", "</div><div class='x'>").replace("Bob", "<b>B&#111;b</b>") + "</div>", "HTML"),
        ([MEETING.replace("\n", "\\n")], "marks between turns"),
        (MEETING, None),
        (MEETING.split("\n"), None),
    ],
)  # fmt: skip
def test_a_conversation_is_recognized_whatever_keeps_its_turns(value: Any, form: str | None) -> None:
    assert (read_dialogue(value).text, read_dialogue(value).form) == (MEETING, form)


@pytest.mark.parametrize(
    "text",
    [
        "[Ann] hi [Bob] yo",
        "['it is', not a list",
        "Ann: the path is C:\\new\\names",
        "Ann: write <br> there\nBob: ok",
        "1\nand then 2",
        "WEBVTTish",
        "WEBVTT\n\nno times here",
        "12/25/23 was a nice day: really",
        '["a", 5]',
        "[]",
        "5 < 6 <p",
    ],
)
def test_what_only_looks_like_it_stays_as_it_is(text: str) -> None:
    assert (read_dialogue(text).text, read_dialogue(text).form) == (text, None)


def test_captions_without_speakers_are_a_line_each() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nwell\n\n00:02.000 --> 00:03.000\nthen"
    assert as_text(text) == "well\nthen"


@pytest.mark.parametrize(
    ("turn", "line"),
    [
        ({"user": "U1", "text": "Hi", "ts": "1.5"}, "U1: Hi"),
        ({"user": "U1", "user_profile": {"real_name": "Ann", "image": "x"}, "text": "Hi"}, "Ann: Hi"),
        ({"author": {"name": "ann99", "nickname": "Ann"}, "content": "Hi"}, "Ann: Hi"),
        ({"from": {"user": {"displayName": "Ann"}}, "body": "Hi"}, "Ann: Hi"),
        ({"sender": "Ann", "message": "Hi"}, "Ann: Hi"),
        ({"role": "user", "name": "Ann", "content": "Hi"}, "Ann: Hi"),
        ({"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]}, "user: Hi"),
        ({"from": "Ann", "text": ["H", {"type": "link", "text": "i"}]}, "Ann: Hi"),
        ({"name": "", "role": "agent", "utterance": "Hi"}, "agent: Hi"),
        ({"author": {}, "msg": "Hi"}, "Hi"),
    ],
)
def test_names_of_speakers_are_found(turn: dict[str, Any], line: str) -> None:
    assert as_text([turn]) == line


def test_a_speaker_under_an_unknown_key_is_noticed() -> None:
    unknown = [{"who": "Ann", "text": "Hi", "at": 1.5}, {"who": "Bob", "text": "Yo"}]
    assert read_dialogue(unknown).unread_keys == ("who",)
    assert read_dialogue(json.dumps(unknown)).unread_keys == ("who",)
    assert read_dialogue([*unknown, {"speaker": "Eve", "text": "Hm"}]).unread_keys == ()


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 99_000 + "b",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v " * 30_000,
        "[" + "'a'" * 30_000 + "]",
        '["a",' + "-" * 90_000 + "1]",
        "[[" * 50_000,
        "<br>" + "<!--" * 20_000,
        "<br>" + "<!-- >" * 20_000,
        "<br>" + "<![CDATA[" * 20_000 + ">",
        "<br>" + "<?" * 40_000,
        "<br>" + "<a b='" * 20_000,
        "<br>" + "<a b='" * 20_000 + ">",
        "<br>" + "</a" * 20_000,
        "<br>" + "&#" * 40_000,
        "<br><script>" + "</" * 40_000,
        "1/2/24, 10:15 - " + " " * 90_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    read_dialogue(text)
    assert time.process_time() - begun < 2
