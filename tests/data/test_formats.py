"""Exports of other programs, small ones that are made up here, as dialogues and summaries."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sumtune.config import DataConfig
from sumtune.data.conversations import open_conversations
from sumtune.data.export import Export, read_export
from sumtune.data.ingest import check
from sumtune.errors import DataError

SUMMARY = "Ann and Bob meet at nine."
TALK = "Ann: Shall we meet at 9?\nBob: Yes & gladly."


def slack(user: str, text: str, ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": ts, **more}


SLACK = [
    slack("U1", "<@U2> has joined the channel", "1714550000.000100", subtype="channel_join"),
    slack("U1", "Shall we meet at 9?", "1714550001.000100", user_profile={"real_name": "Ann"}),
    slack("U2", "Yes &amp; gladly.", "1714550002.000100", user_profile={"real_name": "Bob"}),
]
DISCORD = {
    "guild": {"name": "Home"},
    "channel": {"name": "general"},
    "messages": [
        {"type": "GuildMemberJoin", "author": {"name": "ann99"}, "content": "Joined.",
         "timestamp": "2024-05-01T09:00:00Z"},
        {"type": "Default", "author": {"name": "ann99", "nickname": "Ann"}, "content": "Shall we meet at 9?",
         "timestamp": "2024-05-01T09:00:00.123+00:00"},
        {"type": "Reply", "author": {"name": "Bob", "nickname": None}, "content": "Yes & gladly.",
         "timestamp": "2024-05-01T09:05:00Z"},
    ],
}  # fmt: skip
TEAMS = {
    "value": [
        {"messageType": "message", "createdDateTime": "2024-05-01T09:05:00Z", "from": {"user": {"displayName": "Bob"}},
         "body": {"contentType": "html", "content": "<p>Yes &amp; <b>gladly</b>.</p>"}},
        {"messageType": "message", "createdDateTime": "2024-05-01T09:00:00Z", "from": {"user": {"displayName": "Ann"}},
         "body": {"contentType": "text", "content": "Shall we meet at 9?"}},
        {"messageType": "systemEventMessage", "createdDateTime": "2024-05-01T08:00:00Z", "from": None,
         "body": {"contentType": "html", "content": "<systemEventMessage/>"}},
    ]
}  # fmt: skip
ZENDESK = {
    "id": 7, "requester_id": 1, "assignee": {"id": 2, "name": "Bob"}, "requester": {"id": 1, "name": "Ann"},
    "comments": [
        {"author_id": 1, "plain_body": "Shall we meet at 9?", "public": True},
        {"author_id": 2, "body": "a note between agents", "public": False},
        {"author_id": 2, "html_body": "<div>Yes &amp; gladly.</div>", "public": True},
    ],
}  # fmt: skip
INTERCOM = {
    "type": "conversation", "id": "5",
    "source": {"author": {"type": "user", "name": "Ann"}, "body": "<p>Shall we meet at 9?</p>"},
    "conversation_parts": {"conversation_parts": [
        {"part_type": "note", "author": {"type": "admin", "name": "Eve"}, "body": "<p>internal</p>"},
        {"part_type": "assignment", "author": {"type": "bot"}, "body": None},
        {"part_type": "comment", "author": {"type": "admin", "name": "Bob"}, "body": "<p>Yes &amp; gladly.</p>"},
    ]},
}  # fmt: skip
QMSUM = {
    "meeting_transcripts": [
        {"speaker": "Ann", "content": "Shall we meet at 9?"}, {"speaker": "Bob", "content": "Yes & gladly."},
    ],
    "general_query_list": [{"query": "Who spoke?", "answer": "Both."}, {"query": "Summarize it.", "answer": SUMMARY}],
}  # fmt: skip
AMI = {
    "id": "ES1",
    "meeting": [
        {"speaker": "A", "role": "Ann", "utt": {"word": ["Shall", "we", "meet", "at", "9?"]}},
        {"speaker": "B", "role": "Bob", "utt": {"word": ["Yes", "&", "gladly."]}},
    ],
    "summary": ["Ann and Bob", "meet at nine."],
}
MEDIASUM = {"id": "N-1", "utt": ["Shall we meet at 9?", "Yes & gladly."], "speaker": ["Ann", "Bob"], "summary": SUMMARY}
CSDS = {
    "Dialogue": [{"speaker": "Q", "utterance": "九点见吗？"}, {"speaker": "A", "utterance": "好的。"}],
    "FinalSumm": ["用户问时间，", "客服同意。"],
    "UserSumm": ["用户问时间。"],
}
PROMPT = "Summarize this conversation.\n\n{}\n\nSummary:"


def chat(name: str, text: str, summary: str) -> dict[str, Any]:
    """A pair as data for training chat models."""
    prompt = PROMPT.format(text)
    return {
        "OpenAI": {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt},
                                {"role": "assistant", "content": summary}]},
        "TRL": {"prompt": [{"role": "user", "content": prompt}],
                "completion": [{"role": "assistant", "content": summary}]},
        "ShareGPT": {"conversations": [{"from": "human", "value": prompt}, {"from": "gpt", "value": summary}]},
        "prompt": {"prompt": prompt, "completion": summary},
        "response": {"prompt": prompt, "response": summary},
        "input": {"input": prompt, "output": summary},
        "Alpaca": {"instruction": "Summarize.", "input": text, "output": summary},
        "Alpaca without input": {"instruction": prompt, "input": "", "output": summary},
        "Llama": {"text": f"<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n{prompt} [/INST] {summary} </s>"},
        "ChatML": {"text": f"<|im_start|>system\nBrief.<|im_end|>\n<|im_start|>user\n{prompt}<|im_end|>\n"
                           f"<|im_start|>assistant\n{summary}<|im_end|>\n"},
        "Gemma": {"text": f"<bos><start_of_turn>user\n{prompt}<end_of_turn>\n"
                          f"<start_of_turn>model\n{summary}<end_of_turn>"},
        "Llama 3": {"text": f"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{prompt}<|eot_id|>"
                            f"<|start_header_id|>assistant<|end_header_id|>\n\n{summary}<|eot_id|>"},
        "headings": {"text": f"### Instruction:\n{prompt}\n\n### Response:\n{summary}"},
    }[name]  # fmt: skip


CHATS = [
    "OpenAI", "TRL", "ShareGPT", "prompt", "response", "input", "Alpaca", "Alpaca without input", "Llama", "ChatML",
    "Gemma", "Llama 3", "headings",
]  # fmt: skip


def save(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def notes(export: Export) -> str:
    return " ".join(map(str, export.notes))


@pytest.mark.parametrize(
    ("value", "name", "left_out"),
    [
        (SLACK, "Slack", "notices and messages without text (1)"),
        ({"messages": SLACK}, "Slack", "notices and messages without text (1)"),
        (DISCORD, "Discord", "notices and messages without text (1)"),
        (TEAMS, "Microsoft Teams", "events and messages without text (1)"),
        (TEAMS["value"], "Microsoft Teams", "events and messages without text (1)"),
        (ZENDESK, "Zendesk", "internal notes (1)"),
        ({"tickets": [ZENDESK]}, "Zendesk", "internal notes (1)"),
        (INTERCOM, "Intercom", "internal notes (1), events (1)"),
        ({"conversations": [INTERCOM]}, "Intercom", "internal notes (1), events (1)"),
        ([{"sender": "Ann", "text": "Shall we meet at 9?"}, {"sender": "Bob", "text": "Yes & gladly."}],
         "messages", ""),
        ({"history": [{"name": "Ann", "msg": "Shall we meet at 9?"}, {"name": "Bob", "msg": "Yes & gladly."}]},
         "Zendesk", ""),
    ],
)  # fmt: skip
def test_an_export_without_summaries(value: Any, name: str, left_out: str, tmp_path: Path) -> None:
    path = save(tmp_path / "export.json", value)
    export = read_export(path)
    assert [row["dialogue"] for row in export.rows] == [TALK]
    assert name in export.format
    assert left_out in notes(export)
    assert [one.dialogue for one in open_conversations(path)] == [TALK]
    with pytest.raises(DataError, match=r"1 conversation without summaries.*sumtune convert FILE --output"):
        check(DataConfig(path=str(path)))


@pytest.mark.parametrize(("value", "name"), [(QMSUM, "QMSum"), (AMI, "AMI"), (MEDIASUM, "MediaSum")])
@pytest.mark.parametrize("as_lines", [False, True])
def test_a_data_set_of_meetings(value: Any, name: str, as_lines: bool, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [value] * 3) if as_lines else save(tmp_path / "a.json", [value] * 3)
    pairs = {(e.dialogue, e.summary) for same in check(DataConfig(path=str(path))).examples.values() for e in same}
    assert pairs == {(TALK, SUMMARY)}
    assert name in read_export(path).format


def test_csds_is_read_with_its_overall_summary(tmp_path: Path) -> None:
    (row,) = read_export(save(tmp_path / "csds.json", [CSDS])).rows
    assert row == {"dialogue": "用户: 九点见吗？\n客服: 好的。", "summary": "用户问时间，客服同意。"}


@pytest.mark.parametrize("name", CHATS)
def test_data_for_training_chat_models(name: str, tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    pairs = [(row["dialogue"], row["summary"]) for row in rows]
    path = lines(tmp_path / "chat.jsonl", [chat(name, *pair) for pair in pairs])
    checked = check(DataConfig(path=str(path)))
    assert sorted((e.dialogue, e.summary) for same in checked.examples.values() for e in same) == sorted(pairs)
    assert [issue.code for issue in checked.issues] == ["format"]
    used = [one.dialogue for one in open_conversations(path)]
    assert used == [dialogue for dialogue, _ in pairs]


def test_turns_that_all_dialogues_begin_with_are_kept(tmp_path: Path) -> None:
    pairs = [(f"Agent: Welcome to Acme.\nKim: order {n}\nAgent: Goodbye.", str(n)) for n in range(3)]
    path = lines(tmp_path / "a.jsonl", [{"prompt": text, "completion": summary} for text, summary in pairs])
    assert [row["dialogue"] for row in read_export(path).rows] == [text for text, _ in pairs]


def test_a_long_chat_with_an_assistant_is_a_conversation(tmp_path: Path) -> None:
    messages = [
        {"role": role, "content": text} for role, text in (("user", "Hi"), ("assistant", "Yo"), ("user", "Bye"))
    ]
    path = lines(tmp_path / "a.jsonl", [{"messages": messages}] * 2)
    assert read_export(path).rows[0] == {"dialogue": "user: Hi\nassistant: Yo\nuser: Bye"}
    path = lines(tmp_path / "b.jsonl", [{"messages": messages, "summary": "They greet."}] * 2)
    assert read_export(path).rows[0] == {"dialogue": "user: Hi\nassistant: Yo\nuser: Bye", "summary": "They greet."}


def test_a_known_dialogue_column_wins_over_a_format(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl", [{"dialogue": TALK, "prompt": "x", "completion": "y", "comments": [{"body": "z"}]}]
    )
    assert [one.dialogue for one in open_conversations(path)] == [TALK]
    path = lines(tmp_path / "b.jsonl", [{"chat": TALK, "prompt": "x", "completion": "y"}])
    assert [one.dialogue for one in open_conversations(path, "prompt")] == ["x"]


def test_a_row_of_another_format_is_an_error(tmp_path: Path) -> None:
    rows = [{"prompt": f"Ann: {n}", "completion": str(n)} for n in range(150)]
    path = lines(tmp_path / "a.jsonl", [*rows, {"something": "else"}])
    with pytest.raises(DataError, match=r"a\.jsonl:151: the row cannot be read: it is not prompt and completion"):
        read_export(path)
    with pytest.raises(DataError, match=r"a\.jsonl:151"):
        list(open_conversations(path))


def test_single_messages_are_not_taken_for_dialogues(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", SLACK)
    with pytest.raises(DataError, match=r"a message in each line: `sumtune convert"):
        open_conversations(path)
    assert [row["dialogue"] for row in read_export(path).rows] == [TALK]


def test_a_thread_and_what_follows_a_pause_are_conversations_of_their_own(tmp_path: Path) -> None:
    messages = [
        slack("Ann", "Where is <http://x.y|the key>?", "1714550000.000000", thread_ts="1714550000.000000"),
        slack("Bob", "Good morning", "1714550001.000000"),
        slack("Eve", "On the desk", "1714550002.000000", thread_ts="1714550000.000000"),
        slack("Bob", "Hello <@Ann> <!here>", "1714600000.000000"),
    ]
    export = read_export(save(tmp_path / "a.json", messages))
    assert [row["dialogue"] for row in export.rows] == [
        "Ann: Where is the key?\nEve: On the desk",
        "Bob: Good morning",
        "Bob: Hello @Ann @here",
    ]


def export_files() -> dict[str, Any]:
    return {
        "users.json": [{"id": "U1", "name": "ann1", "profile": {"real_name": "Ann"}}, {"id": "U2", "name": "Bob"}],
        "channels.json": [{"id": "C1", "name": "general"}],
        "general/2024-05-01.json": [slack("U1", "Shall we meet at 9?", "1714550001.0001")],
        "general/2024-05-02.json": [slack("U2", "Yes &amp; gladly.", "1714550002.0001")],
    }


@pytest.mark.parametrize("root", ["", "My workspace/"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_slack_export(root: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("slack.zip" if packed else "slack")
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for name, value in export_files().items():
                archive.writestr(root + name, json.dumps(value))
    else:
        for name, value in export_files().items():
            (path / root / name).parent.mkdir(parents=True, exist_ok=True)
            save(path / root / name, value)
    export = read_export(path)
    assert export.rows == ({"channel": "general", "dialogue": TALK},)
    assert export.format == "a Slack export"
    with pytest.raises(DataError, match="sumtune convert"):
        check(DataConfig(path=str(path)))


def test_a_whatsapp_archive_is_split_at_pauses(tmp_path: Path) -> None:
    text = "[31.12.23, 23:59:00] Ann: Shall we meet at 9?\n[01.01.24, 00:01:00] Bob: Yes & gladly.\n"
    text += "[01.01.24, 09:30:00] Ann: Here\n"
    with zipfile.ZipFile(tmp_path / "chat.zip", "w") as archive:
        archive.writestr("_chat.txt", text)
        archive.writestr("IMG-1.jpg", "x")
    assert [row["dialogue"] for row in read_export(tmp_path / "chat.zip").rows] == [TALK, "Ann: Here"]


@pytest.mark.parametrize(
    "stamps",
    [
        ("1/31/24, 9:00 PM", "2/1/24, 9:00 AM"),
        ("31/01/2024, 21:00", "01/02/2024, 09:00"),
        ("2024-01-31 21:00", "2024-02-01 09:00"),
        ("31.1.24, 21.00", "1.2.24, 09.00"),
    ],
)
def test_days_and_months_are_told_apart(stamps: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(f"{stamps[0]} - Ann: a\n{stamps[0]} - Bob: b\n{stamps[1]} - Ann: c\n")
    assert [row["dialogue"] for row in read_export(tmp_path / "chat.txt").rows] == ["Ann: a\nBob: b", "Ann: c"]


def test_plain_text_is_answered_with_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("Ann: hi\nBob: yo\n")
    with pytest.raises(DataError, match="is summarized by `sumtune summarize FILE`"):
        read_export(tmp_path / "chat.txt")


def test_several_splits_are_not_mixed(tmp_path: Path) -> None:
    for name in ("train", "test"):
        lines(tmp_path / f"{name}.jsonl", [{"dialogue": TALK, "summary": SUMMARY}])
    with pytest.raises(DataError, match="several splits"):
        read_export(tmp_path)


def test_a_column_without_texts_is_not_advised(tmp_path: Path) -> None:
    for path in (
        lines(tmp_path / "a.jsonl", [{"id": 1, "gist": "x"}]),
        save(tmp_path / "a.json", [{"id": 1, "gist": "x"}]),
    ):
        for read in (read_export, open_conversations):
            with pytest.raises(DataError, match=r"pass --dialogue-column with its name: 'gist'\.$"):
                read(path)


def test_what_does_not_exist_is_not_looked_for_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"owner/name does not exist"):
        read_export(Path("owner/name"))
