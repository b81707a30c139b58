"""WhatsApp's exports as phones of many countries write them; all chats are made up here."""

import zipfile
from pathlib import Path

import pytest

from sumtune.data.dialogue import as_text
from sumtune.data.export import read_export
from sumtune.data.formats.whatsapp import is_chat_log
from sumtune.errors import DataError

MARK, NARROW = "\u200e", "\u202f"
TALK = "Ann: Shall we meet?\nBob: Yes"


@pytest.mark.parametrize(
    "stamp",
    [
        "[31.12.23, 21:04:05] ", "[31/12/2023, 21:04:05] ", "[31/12/2023 21:04:05] ", "[12.3.2022 klo 14.08.18] ",
        f"[12/31/23, 9:04:05{NARROW}PM] ", "[2023/12/31 下午9:04:05] ", "[2023. 12. 31. 오후 9:04:05] ",
        f"12/31/23, 9:04{NARROW}PM - ", f"31/12/23, 9:04{NARROW}pm - ", "31/12/23, 9:04 p.\u00a0m. - ",
        "31.12.23, 21:04 - ", "31/12/2023 21:04 - ", "31-12-2023 21:04 - ", "2023-12-31 21:04 - ",
        "31. 12. 2023 21:04 - ", "31/12/2023 à 21:04 - ", "12.3.2022 klo 14.08 - ", "2023/12/31 下午9:04 - ",
        "2023年12月31日 21:04 - ", "\u200f31\u200f/12\u200f/2023، 9:04 م - ", "\u200f٣١\u200f/١٢\u200f/٢٠٢٣، ٩:٠٤ م - ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_time_in_the_way_of_any_country(stamp: str, line_end: str) -> None:
    assert as_text(f"\ufeff{stamp}Ann: Shall{line_end}we meet?{line_end}{stamp}~{NARROW}Bob: Yes{line_end}") == TALK


@pytest.mark.parametrize("text", ["2023-12-31: we met - all", "[Ann] hi", "12:30 - 13:00 lunch", "1.5, 2.5 - no: yes"])
def test_other_texts_are_no_chats(text: str) -> None:
    assert not is_chat_log(text)


@pytest.mark.parametrize(
    "line",
    [
        f"{MARK}[31.12.23, 21:05:00] Bob: {MARK}Bild weggelassen",
        f"{MARK}[31.12.23, 21:05:00] Bob: {MARK}<Anhang: 00000012-PHOTO.jpg>",
        f"{MARK}[31.12.23, 21:05:00] Bob: plan.pdf • {MARK}3 Seiten {MARK}Dokument weggelassen",
        f"{MARK}[31.12.23, 21:05:00] Ann: {MARK}Diese Nachricht wurde gelöscht.",
        f"{MARK}[31.12.23, 21:05:00] Trip: {MARK}Ann hat den Gruppennamen zu „X: Y“ geändert",
        "31.12.23, 21:05 - Bob: <Medien ausgeschlossen>", "31.12.23, 21:05 - Bob: <省略多媒體檔案>",
        "31.12.23, 21:05 - Eve hat die Gruppe „Reise: Rom“ erstellt",
        "31.12.23, 21:05 - Messages and calls are end-to-end encrypted. No one outside of this chat: not even WhatsApp",
        "31.12.23, 21:05 - Ann changed the group description", "31.12.23, 21:05 - Bob: null",
        "31.12.23, 21:05 - Ann: This message was deleted", "31.12.23, 21:05 - Ann: Você apagou esta mensagem",
        f"31.12.23, 21:05 - Ann: {MARK}IMG-20231231-WA0001.jpg (file attached)",
        "31.12.23, 21:05 - Ann: plan 2.pdf (Datei angehängt)",
    ],
)  # fmt: skip
def test_what_nobody_said_is_left_out_and_counted(line: str, tmp_path: Path) -> None:
    start = "[31.12.23, 21:04:05] " if "[" in line else "31.12.23, 21:04 - "
    (tmp_path / "_chat.txt").write_text(f"{start}Ann: Shall we meet?\n{line}\n{start}Bob: Yes\n", encoding="utf-8")
    export = read_export(tmp_path / "_chat.txt")
    assert [row["dialogue"] for row in export.rows] == [TALK]
    assert "left out: notes and media (1)" in str(export.notes[0])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("See you! <This message was edited>", "See you!"),
        (f"Bis dann {MARK}<Diese Nachricht wurde bearbeitet.>", "Bis dann"),
        (f"{MARK}IMG-1.jpg (file attached)\nLook here", "Look here"),
        (f"Call {MARK}+1 555 0100 now", "Call +1 555 0100 now"),
        ("at 10:30: the hall, I <3 it", "at 10:30: the hall, I <3 it"),
        ("the report.pdf (the new one)", "the report.pdf (the new one)"),
    ],
)
def test_what_is_added_to_a_message_goes_and_its_words_stay(message: str, said: str) -> None:
    assert as_text(f"12/31/23, 9:04 PM - Ann: {message}\n12/31/23, 9:05 PM - Bob: Yes\n") == f"Ann: {said}\nBob: Yes"


def test_the_caption_of_a_picture_stays() -> None:
    text = f"{MARK}[31.12.23, 21:04:05] Ann: Look here {MARK}<attached: 1.jpg>\n[31.12.23, 21:04:06] Bob: Nice\n"
    assert as_text(text) == "Ann: Look here\nBob: Nice"


def test_a_long_name_that_speaks_twice_is_a_name() -> None:
    name = "The Very Long Name of a Club"
    assert as_text(f"1/2/24, 10:15 - {name}: Hi\n1/2/24, 10:16 - {name}: Yo\n") == f"{name}: Hi\n{name}: Yo"


def test_the_afternoon_comes_after_the_morning(tmp_path: Path) -> None:
    for morning, afternoon in (("上午9:00", "下午4:00"), ("9:00 ص", "4:00 م"), ("9:00 a. m.", "4:00 p. m.")):
        stamps = [f"2023/12/31 {morning} - ", f"2023/12/31 {afternoon} - "]
        (tmp_path / "chat.txt").write_text("".join(f"{stamp}Ann: hi\n" for stamp in stamps), encoding="utf-8")
        assert len(read_export(tmp_path / "chat.txt").rows) == 2


def test_a_chat_without_messages_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("31.12.23, 21:04 - Ann created this group\n")
    with pytest.raises(DataError, match="an exported chat without any message"):
        read_export(tmp_path / "chat.txt")


@pytest.mark.parametrize("packed", [False, True])
def test_several_chats_and_transcripts_are_read_together(packed: bool, tmp_path: Path) -> None:
    stamp, caption = "31.12.23, 21:04 - ", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi</v>\n"
    texts = {"Chat with Ann.txt": f"{stamp}Ann: Hi\n", "Chat with Bob.txt": f"{stamp}Bob: Yo\n", "call.vtt": caption}
    if packed:
        with zipfile.ZipFile(tmp_path / "chats.zip", "w") as archive:
            for name, text in {**texts, "__MACOSX/._call.txt": "x"}.items():
                archive.writestr(name, text)
    else:
        (tmp_path / "chats").mkdir()
        for name, text in {**texts, "._call.txt": "x"}.items():
            (tmp_path / "chats" / name).write_text(text)
    export = read_export(tmp_path / ("chats.zip" if packed else "chats"))
    assert [row["dialogue"] for row in export.rows] == ["Ann: Hi", "Bob: Yo", "Ann: Hi"]
    assert export.format == "an exported chat, a transcript"


def test_a_late_message_does_not_join_all_conversations(tmp_path: Path) -> None:
    stamps = [f"3/{day}/24, {hour}:00 PM - " for day in (10, 11, 12) for hour in (1, 2, 3, 4, 3)]
    (tmp_path / "chat.txt").write_text("".join(f"{stamp}Ann: hi\n" for stamp in stamps))
    assert len(read_export(tmp_path / "chat.txt").rows) == 1
    (tmp_path / "chat.txt").write_text(
        "".join(f"{stamp}Ann: hi\n" for stamp in [*stamps[:5], *stamps[6:9], *stamps[10:14]])
    )
    assert len(read_export(tmp_path / "chat.txt").rows) == 3
