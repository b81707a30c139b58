"""Exports in the full layout of their programs: what was read wrong, or not at all, in simpler imitations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sumtune.data.conversations import open_conversations
from sumtune.data.export import Export, read_export
from sumtune.data.formats.recognize import FORMATS
from sumtune.errors import DataError

TALK = "Ann: Shall we meet at 9?\nBob: Yes & gladly."


def save(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def dialogues(export: Export) -> list[str]:
    return [row["dialogue"] for row in export.rows]


def notes(export: Export) -> str:
    return " ".join(map(str, export.notes))


def on_discord(kind: str, content: str, user: str, **more: Any) -> dict[str, Any]:
    people = {"Ann": "1", "Bob": "2", "Helper": "3"}
    author = {"id": people[user], "name": user.lower(), "nickname": user, "isBot": user == "Helper", "roles": []}
    return {"id": "7", "type": kind, "timestamp": "2024-05-01T09:00:00+00:00", "content": content, "author": author,
            "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": [], **more}  # fmt: skip


def channel(*messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "guild": {"id": "9", "name": "Home", "iconUrl": ""},
        "channel": {"id": "8", "type": "GuildTextChat"},
        "dateRange": {"after": None, "before": None},
        "messages": list(messages),
        "messageCount": len(messages),
    }


def test_discord_names_people_and_keeps_bots_and_forwarded_messages(tmp_path: Path) -> None:
    value = channel(
        on_discord("Default", "Hi <@2> and <@!1> <a:ok:12>", "Ann", mentions=[{"id": "2", "nickname": "Bob"}]),
        on_discord("20", "Reminder set.", "Helper", interaction={"id": "1", "name": "remind"}),
        on_discord("Default", "", "Bob", forwardedMessage={"content": "The hall is booked."}),
        on_discord("ChannelPinnedMessage", "Pinned a message.", "Ann"),
        on_discord("Default", "", "Ann", attachments=[{"id": "1", "fileName": "plan.pdf"}]),
    )
    export = read_export(save(tmp_path / "a.json", value))
    assert dialogues(export) == ["Ann: Hi @Bob and @Ann :ok:\nHelper: Reminder set.\nBob: The hall is booked."]
    assert "left out: notices and messages without text (2)" in notes(export)


def test_a_folder_of_channels_is_read_and_an_empty_channel_is_named(tmp_path: Path) -> None:
    for name in ("Home - general [8].json", "Home - help [9].json"):
        save(tmp_path / "export" / name, channel(on_discord("Default", name, "Ann")))
    assert dialogues(read_export(tmp_path / "export")) == ["Ann: Home - general [8].json", "Ann: Home - help [9].json"]
    with pytest.raises(DataError, match="holds no conversation"):
        read_export(save(tmp_path / "empty.json", channel()))


def on_slack(user: str, text: str | None, ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": ts, "team": "T1", **more}


DAY = [
    on_slack("U1", "Shall we meet at 9?", "1714550001.000100"),
    on_slack("U2", "Yes &amp; gladly.", "1714550002.000100"),
    on_slack("U2", None, "1714550003.000100", files=[{"id": "F1"}]),
]


def test_a_message_without_text_does_not_hide_its_day(tmp_path: Path) -> None:
    people = [{"id": "U1", "name": "ann", "profile": {"real_name": "Ann"}}, {"id": "U2", "name": "Bob", "profile": {}}]
    save(tmp_path / "export" / "users.json", people)
    save(tmp_path / "export" / "channels.json", [{"id": "C1", "name": "general", "created": 1, "members": ["U1"]}])
    save(tmp_path / "export" / "general" / "2024-05-01.json", [*DAY, {"odd": 1}])
    for path in (tmp_path / "export", tmp_path / "export" / "general"):
        export = read_export(path)
        assert export.rows == ({"channel": "general", "dialogue": TALK},)
        assert "left out: entries that are not messages (1), notices and messages without text (1)" in notes(export)
    for name in ("users.json", "channels.json"):
        with pytest.raises(DataError, match=r"Slack export: pass the whole export, as a folder or \.zip"):
            read_export(tmp_path / "export" / name)


def test_names_that_a_day_of_slack_lacks_are_told(tmp_path: Path) -> None:
    export = read_export(save(tmp_path / "2024-05-01.json", DAY))
    assert dialogues(export) == ["U1: Shall we meet at 9?\nU2: Yes & gladly."]
    assert "names of people, found only in users.json of the whole export (2)" in notes(export)


def on_telegram(who: str | None, text: Any, at: int = 1714554000, **more: Any) -> dict[str, Any]:
    return {"id": at, "type": "message", "date": "2024-05-01T09:00:00", "date_unixtime": str(at), "from": who,
            "from_id": "user1", "text": text, "text_entities": [], **more}  # fmt: skip


TELEGRAM = {"name": "Trip", "type": "private_group", "id": 77, "messages": [
    {"id": 1, "type": "service", "date": "2024-05-01T09:00:00", "date_unixtime": "1714554000", "actor": "Ann",
     "actor_id": "user1", "action": "create_group", "text": "", "text_entities": []},
    on_telegram("Ann", "Shall we meet at 9?"),
    on_telegram("Bob", ["Yes & ", {"type": "bold", "text": "gladly"}, "."]),
    on_telegram("Ann", "", photo="photos/1.jpg"),
    {"id": 8, "type": "unsupported"},
    on_telegram(None, "The next day", 1714654000),
]}  # fmt: skip


def test_telegram(tmp_path: Path) -> None:
    everything = {"about": "", "personal_information": {"user_id": 1}, "chats": {"about": "", "list": [
        TELEGRAM, {"type": "personal_chat", "id": 5, "messages": []}]},
        "left_chats": {"list": [{"type": "bot_chat", "messages": [on_telegram("Bot", "Hi")]}]}}  # fmt: skip
    one = [TALK, "Deleted Account: The next day"]
    for value, expected in ((TELEGRAM, one), (everything, [*one, "Bot: Hi"])):
        path = save(tmp_path / "result.json", value)
        export = read_export(path)
        assert dialogues(export) == expected
        assert "read as Telegram; left out: notices and messages without text (3)" in notes(export)
        assert [one.dialogue for one in open_conversations(path)] == expected
        assert all("personal_information" not in row for row in export.rows)


def on_teams(who: str | None, html: str, minute: int, **more: Any) -> dict[str, Any]:
    sender = {"application": None, "device": None, "user": {"id": "8", "displayName": who}} if who else None
    return {"id": str(minute), "replyToId": None, "messageType": "message", "subject": None, "summary": None,
            "createdDateTime": f"2024-05-01T09:{minute:02}:00.1Z", "deletedDateTime": None, "from": sender,
            "body": {"contentType": "html", "content": html}, "attachments": [], "mentions": [], **more}  # fmt: skip


def test_teams_with_its_empty_summaries_and_emojis(tmp_path: Path) -> None:
    emoji = '<p>Yes &amp; gladly. <emoji id="smile" alt="🙂" title="Smile"></emoji></p><attachment id="a"></attachment>'
    messages = [on_teams("Bob", emoji, 5), on_teams("Ann", '<p>Hi <at id="0">Bob</at></p>', 4)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(message) + "\n" for message in messages), encoding="utf-8")
    for file in (save(tmp_path / "a.json", messages), save(tmp_path / "b.json", {"value": messages}), path):
        assert dialogues(read_export(file)) == ["Ann: Hi Bob\nBob: Yes & gladly. 🙂"]


@pytest.mark.parametrize("nested", [True, False])
def test_replies_in_a_channel_of_teams_belong_to_their_thread(nested: bool, tmp_path: Path) -> None:
    reply = on_teams("Bob", "<p>Yes &amp; gladly.</p>", 9, replyToId="1")
    root = on_teams("Ann", "<p>Shall we meet at 9?</p>", 1)
    other = on_teams("Eve", "<p>Lunch!</p>", 2)
    value = [other, {**root, "replies": [reply]}] if nested else [other, reply, root]
    assert dialogues(read_export(save(tmp_path / "a.json", {"value": value}))) == [TALK, "Eve: Lunch!"]


def part(kind: str, who: str, html: str | None) -> dict[str, Any]:
    return {"type": "conversation_part", "part_type": kind, "body": html, "author": {"type": "admin", "name": who}}


def intercom(*parts: dict[str, Any]) -> dict[str, Any]:
    source = {"type": "conversation", "body": "<p>Shall we meet at 9?</p>", "author": {"type": "user", "name": "Ann"}}
    return {"type": "conversation", "id": "5", "source": source,
            "conversation_parts": {"type": "conversation_part.list", "conversation_parts": list(parts)}}  # fmt: skip


def test_notes_of_intercom_stay_inside_and_an_unanswered_message_is_a_conversation(tmp_path: Path) -> None:
    answered = intercom(
        part("note_and_reopen", "Bob", "<p>secret</p>"), part("close", "Bob", "<p>Yes &amp; gladly.</p>")
    )
    value = {"type": "conversation.list", "conversations": [answered, intercom()]}
    export = read_export(save(tmp_path / "a.json", value))
    assert dialogues(export) == [TALK, TALK.split("\n")[0]]
    assert "internal notes (1)" in notes(export)


def test_a_zendesk_ticket_without_comments_does_not_hide_the_others(tmp_path: Path) -> None:
    people = {"requester_id": 1, "requester": {"id": 1, "name": "Ann"}, "assignee": {"id": 2, "name": "Bob"}}
    comments = [{"type": "Comment", "author_id": who, "html_body": f"<p>{text}</p>", "plain_body": text, "public": True}
                for who, text in ((1, "Shall we meet at 9?"), (2, "Yes & gladly."))]  # fmt: skip
    tickets = [{"id": 7, **people, "comments": comments}, {"id": 8, **people, "comments": []}]
    export = read_export(save(tmp_path / "a.json", tickets))
    assert (dialogues(export), export.empty) == ([TALK], 1)


@pytest.mark.parametrize(
    ("value", "way"),
    [
        ({"tickets": [{"id": 7, "requester_id": 1, "subject": "Order", "description": "Where?"}]}, "comments.json"),
        ({"conversations": [{"type": "conversation", "source": {"body": "<p>Hi</p>"}}]}, "fetch /conversations/ID"),
        ({"value": [{"id": "19:x", "chatType": "group", "topic": None}]}, "fetch /chats/ID/messages"),
    ],
)
@pytest.mark.parametrize("read", [read_export, open_conversations])
def test_an_export_without_conversations_is_answered_with_the_way_on(
    read: Any, value: Any, way: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=way):
        read(save(tmp_path / "a.json", value))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_text_of_discord_is_answered_with_the_way_on(line_end: str, tmp_path: Path) -> None:
    bar = "=" * 62
    text = [bar, "Guild: Home", "Channel: Text / general", bar, "", "[2024-05-01 09:00] ann", "Hi", ""]
    (tmp_path / "a.txt").write_text(line_end.join(text), encoding="utf-8", newline="")
    with pytest.raises(DataError, match="export it as JSON"):
        read_export(tmp_path / "a.txt")


def test_conversations_with_assistants(tmp_path: Path) -> None:
    def node(name: str, parent: str | None, role: str, parts: list[Any]) -> dict[str, Any]:
        message = {"author": {"role": role}, "content": {"content_type": "text", "parts": parts}}
        return {"id": name, "message": message if role else None, "parent": parent, "children": []}

    nodes = [node("a", None, "", []), node("b", "a", "system", [""]), node("c", "b", "user", ["Hi", {"asset": "x"}]),
             node("d", "c", "assistant", ["A first answer"]), node("e", "c", "assistant", ["Hello"])]  # fmt: skip
    chatgpt = [{"title": "T", "mapping": {one["id"]: one for one in nodes}, "current_node": "e"}]
    said = [{"sender": "human", "text": "Hi", "content": []}, {"sender": "assistant", "text": "Hello"}]
    claude = [{"uuid": "1", "name": "T", "chat_messages": said}, {"uuid": "2", "name": "", "chat_messages": []}]
    for value in (chatgpt, claude):
        assert dialogues(read_export(save(tmp_path / "conversations.json", value))) == ["user: Hi\nassistant: Hello"]


def test_parts_and_tools_in_messages_of_openai(tmp_path: Path) -> None:
    def row(question: Any, answer: Any) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}

    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}
    tools = [{"role": "user", "content": "Rain?"}, call, {"role": "tool", "content": "no"},
             {"role": "assistant", "content": "Dry."}]  # fmt: skip
    value = [
        row([{"type": "input_text", "text": TALK}], [{"type": "output_text", "text": "They meet."}]),
        row([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": TALK}], "They meet."),
        {"messages": tools},
    ]
    export = read_export(save(tmp_path / "a.json", value))
    pair = {"dialogue": TALK, "summary": "They meet."}
    assert export.rows == (pair, pair, {"dialogue": "user: Rain?\ntool: no\nassistant: Dry."})
    assert "left out: messages without text (1)" in notes(export)


def test_csds_says_who_asks(tmp_path: Path) -> None:
    turns = [{"turn": 1, "speaker": "Q", "utterance": "佣金？"}, {"turn": 2, "speaker": "A", "utterance": "好。"}]
    (row,) = read_export(
        save(tmp_path / "a.json", [{"QRole": "商家", "Dialogue": turns, "FinalSumm": ["问佣金。"]}])
    ).rows
    assert row == {"dialogue": "商家: 佣金？\n客服: 好。", "summary": "问佣金。"}


@pytest.mark.parametrize(
    "more",
    [
        {"@odata.nextLink": "https://x"}, {"next_page": "https://x"}, {"has_more": True}, {"meta": {"has_more": True}},
        {"pages": {"next": {"page": 2}}},
    ],
)  # fmt: skip
def test_one_page_of_several_is_told(more: dict[str, Any], tmp_path: Path) -> None:
    for value in ({"value": [on_teams("Ann", "Hi", 1)]}, {"conversations": [intercom()]}):
        assert "one page of several" in notes(read_export(save(tmp_path / "a.json", {**value, **more})))
    last = {"value": [on_teams("Ann", "Hi", 1)], **dict.fromkeys(more, None)}
    assert "one page" not in notes(read_export(save(tmp_path / "a.json", last)))


def variants(value: Any) -> Iterator[Any]:
    """Yield `value` with one field missing or of another type, for each field and type."""
    if not isinstance(value, dict | list):
        return
    for place in range(len(value)) if isinstance(value, list) else list(value):
        others = [*variants(value[place]), None, 5, "x", [], [5], {}]
        yield from (
            ([*value[:place], other, *value[place + 1 :]] for other in others)
            if isinstance(value, list)
            else ({**value, place: other} for other in others)
        )
        if isinstance(value, dict):
            yield {key: inner for key, inner in value.items() if key != place}


@pytest.mark.parametrize(
    "row",
    [
        channel(on_discord("Default", "Hi <@2>", "Ann", mentions=[{"id": "2", "nickname": "Bob"}])),
        {"messages": [on_slack("U1", "Hi", "1.1", thread_ts="1.1"), on_slack("U2", "Yo", "1.2", thread_ts="1.1")]},
        {"chats": {"list": [TELEGRAM]}},
        {"value": [{**on_teams("Ann", "Hi", 1), "replies": [on_teams("Bob", "Yo", 2, replyToId="1")]}]},
        intercom(part("comment", "Bob", "<p>Yo</p>")),
        {"requester_id": 1, "requester": {"id": 1, "name": "Ann"}, "comments": [{"author_id": 1, "plain_body": "Hi"}]},
        {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": ["Hi"]}}, "parent": None}},
         "current_node": "a"},
        {"chat_messages": [{"sender": "human", "text": "Hi"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]},
        {"Dialogue": [{"speaker": "Q", "utterance": "Hi"}], "FinalSumm": ["Hi"], "QRole": "Q"},
    ],
)  # fmt: skip
def test_a_field_of_another_type_is_no_crash(row: dict[str, Any]) -> None:
    for changed in variants(row):
        for one in FORMATS:
            if one.matches(changed):
                assert all(isinstance(reading.value(), str | list) for reading in one.read(changed))
