"""Distinguish requests for a summary from turns."""

import pytest

from sumtune.serve.chat.instructions import SplitText, asks_for_more, split_request

REQUESTS = [
    "Please summarize our conversation.",
    "Summarize:",
    "tl;dr",
    "TL;DR:",
    "Summary please",
    "Recap?",
    "Can you give me a short summary of the chat above?",
    "Now summarise this in 3 bullet points, please!",
    "Sum up our discussion so far",
    "Can you sum it up?",
    "What happened here? Give me a tl;dr of this thread.",
    "Summarize the conversation above.\nKeep it short.",
    "Bitte fasse unser Gespräch in zwei Sätzen zusammen.",
    "Zusammenfassung:",
    "Résume cette conversation, s'il te plaît.",
    "Resume la conversación anterior.",
    "Riassumi la conversazione.",
    "Vat dit gesprek samen.",
    "Podsumuj naszą rozmowę.",
    "Lütfen bu konuşmayı özetleyin.",
    "कृपया हमारी बातचीत का सारांश दें।",
    "请总结一下我们的对话。",
    "この会話を要約してください。",
]
TURNS = [
    "I'll summarize it for Ann tomorrow.",
    "Summarize the quarterly report for me",
    "Ann: Please summarize our chat",
    "You: summary please",
    "Summary: we meet at five",
    "TL;DR: we meet at five",
    "Recap: bring the keys",
    "The summary is wrong.",
    "Can we resume our discussion now?",
    "VAT: 5 euros",
    "ok, sum: 5 euros",
    "Please",
    "Hi!",
    "",
    " \n\n",
    "```",
]


@pytest.mark.parametrize("text", REQUESTS)
def test_requests_are_recognized(text):
    request = split_request(text)
    assert request.has_request
    assert request.rest == ""
    assert not asks_for_more(text)


@pytest.mark.parametrize("text", TURNS)
def test_turns_are_not_requests(text):
    assert split_request(text) == SplitText("", text.strip(), "")
    assert not asks_for_more(text)


CHAT = "Ann: Hi\nBob: Can you summarize it?\nAnn: Yes"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Summarize the following conversation: ", ""),
        ("Summarize the following dialogue.\n\nDialogue:\n", "\n\nSummary:"),
        ("Please summarize this chat. Keep it short.\n```\n", "\n```"),
        ('Summarize:\n"""', '"""'),
        ("Hi! Can you summarize this conversation?\n<conversation>\n", "\n</conversation>"),
        ("Here is a conversation:\n", "\nPlease summarize it in one sentence."),
        ("", "\n\nSummarize the conversation above."),
        ("", "\nTL;DR:"),
        ("Summarize this conversation between Ann and Bob: ", ""),
        ("Please summarize the chat as a news report.\n\n", ""),
        ('Write a concise summary of the following:\n\n"', '"\n\nCONCISE SUMMARY:'),
        ("Fasse das folgende Gespräch zusammen: ", ""),
        ("总结以下对话：\n", ""),
    ],
)
def test_a_dialogue_between_requests_is_extracted_whole(before, after):
    request = split_request(before + CHAT + after)
    assert request.rest == CHAT
    for part in (before, after):
        for word in part.split():
            assert word in request.request or not any(map(str.isalnum, word))


@pytest.mark.parametrize("speaker", ["You", "Me", "Here", "Assistant"])
def test_a_speaker_named_like_a_request_word_stays_a_speaker(speaker):
    turns = f"{speaker}: Can you summarize?\nBob: ok"
    assert split_request(turns).rest == turns
    assert split_request(f"Summarize:\n{turns}").rest == turns


@pytest.mark.parametrize(
    "text",
    [
        "Summarize our chat from the landlord's point of view.",
        "Please summarize our conversation with a focus on the delivery.",
        "Can you summarize the discussion for Ann?",
    ],
)
def test_a_request_for_more_than_a_summary_is_detected(text):
    assert not split_request(text).has_request
    assert asks_for_more(text)
