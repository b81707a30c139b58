"""Every text of a chat is summarized or listed as left out, or the request is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.serve.chat.conversation import AmbiguousChatError, Turn, read_conversation

ROLES = ("system", "developer", "user", "assistant")
TEXTS = [
    "Hi, my order 7 is late.",
    "It left yesterday.\nShall I look?",
    "Ann: Lunch?\nBob: At noon.",
    "Summarize our conversation.",
    "Summarize the following conversation: Ann: Lunch?\nBob: At noon.",
    "Here is a chat:\nAnn: Lunch?\nBob: At noon.\nPlease summarize it.",
    "Summarize our conversation. Focus on the dates.",
    "Summarize our conversation for the landlord.",
    "You summarize conversations.",
    "tl;dr",
    "I agree.\nPlease summarize our conversation.",
    "",
    " \n",
]


def messages(*given_messages):
    turns = [one if len(one) == 3 else (one[0], None, one[1]) for one in given_messages]
    return [Turn(index, role, name, text.strip()) for index, (role, name, text) in enumerate(turns)]


message = st.tuples(
    st.sampled_from(ROLES),
    st.none() | st.sampled_from(["Maya", "x"]),
    st.sampled_from(TEXTS) | st.text(st.sampled_from("ab :.\n"), max_size=20),
)


@given(st.lists(message, max_size=6))
@settings(max_examples=100, deadline=None)
def test_no_word_of_any_message_is_lost(given_messages):
    turns = messages(*given_messages)
    try:
        read = read_conversation(turns)
    except AmbiguousChatError:
        return
    assert read.dialogue
    for turn in turns:
        left_out = " ".join(part.text for part in read.left_out if part.message == turn.index)
        for word in turn.text.split():
            assert word in read.dialogue or word in left_out, (word, read)


@given(st.lists(st.sampled_from(["How are you?", "Fine.", "See you at noon!"]), min_size=2, max_size=6))
def test_messages_become_turns_in_order_with_their_speaker(texts):
    chat = [(ROLES[2 + at % 2], text) for at, text in enumerate(texts)]
    read = read_conversation(messages(*chat))
    assert read.dialogue.splitlines() == [f"{role}: {text}" for role, text in chat]
    assert read.left_out == []


@pytest.mark.parametrize("text", ["Ann: Lunch?\nBob: At noon.", "A note of two sentences. Not a dialogue at all."])
def test_a_single_message_is_the_unchanged_dialogue(text):
    assert read_conversation(messages(("user", text))).dialogue == text
    assert read_conversation(messages(("system", "Be brief."), ("user", text))).dialogue == text
    assert read_conversation(messages(("user", text), ("user", "Summarize."))).dialogue == text
    assert read_conversation(messages(("user", "Summarize:"), ("user", text))).dialogue == text


def test_a_message_name_is_the_speaker():
    read = read_conversation(messages(("user", "Ann", "Lunch?"), ("user", "Bob", "At\nnoon."), ("assistant", "Fine.")))
    assert read.dialogue == "Ann: Lunch?\nBob: At noon.\nassistant: Fine."


def test_messages_that_name_their_speakers_are_joined_unchanged():
    read = read_conversation(messages(("user", "Ann: Lunch?\nBob: At noon."), ("user", "Ann: Fine.")))
    assert read.dialogue == "Ann: Lunch?\nBob: At noon.\nAnn: Fine."


def test_an_answered_request_is_a_turn():
    chat = [("user", "Can you summarize this for me?"), ("assistant", "Which text?"), ("user", "Never mind.")]
    assert read_conversation(messages(*chat)).dialogue.splitlines() == [f"{role}: {text}" for role, text in chat]


def test_a_dialogue_pasted_into_the_last_message_is_summarized_alone():
    earlier = [("user", "Hello"), ("assistant", "Hi, paste a conversation.")]
    read = read_conversation(messages(*earlier, ("user", TEXTS[4])))
    assert read.dialogue == "Ann: Lunch?\nBob: At noon."
    assert [(part.message, part.reason) for part in read.left_out] == [
        (0, "earlier message"),
        (1, "earlier message"),
        (2, "instruction"),
    ]


def test_a_request_at_the_end_of_a_turn_is_removed_and_the_turn_kept():
    read = read_conversation(
        messages(("assistant", "At noon?"), ("user", "I agree.\nPlease summarize our conversation."))
    )
    assert read.dialogue == "assistant: At noon?\nuser: I agree."
    assert [part.text for part in read.left_out] == ["Please summarize our conversation."]


@pytest.mark.parametrize(
    ("chat", "reason"),
    [
        ([], "no message contains a dialogue"),
        ([("system", "Ann: Hi\nBob: Ho")], "system messages"),
        ([("user", "Summarize.")], "no message contains a dialogue"),
        (
            [("user", "Hi"), ("assistant", "Yes?"), ("user", TEXTS[6])],
            "message 2 asks for a summary and for something else",
        ),
        (
            [("user", "Hi"), ("assistant", "Yes?"), ("user", TEXTS[7])],
            "message 2 asks for a summary and for something else",
        ),
        (
            [("user", TEXTS[4]), ("assistant", "Ann and Bob."), ("user", "Ann: Hi\nBob: Ho")],
            "message 0 .* was already answered",
        ),
        ([("user", TEXTS[4]), ("assistant", "Ann and Bob.")], "message 0 .* was already answered"),
    ],
)
def test_an_ambiguous_chat_is_refused_with_a_reason(chat, reason):
    with pytest.raises(AmbiguousChatError, match=reason):
        read_conversation(messages(*chat))
