"""Recognize exports that contain no conversation, and say what to export instead."""

from collections.abc import Iterable, Mapping

from sumtune.data.formats.format import Row

__all__ = ["what_to_export"]


def what_to_export(rows: Iterable[Row]) -> str | None:
    """Return what `rows` are and what to export instead, if they belong to an export but are not conversations.

    `rows` are iterated several times.
    """
    is_empty = next(iter(rows), None) is None
    for matches, answer in UNREAD:
        if not is_empty and all(matches(row) for row in rows):
            return answer
    return None


def _is_zendesk_ticket(row: Row) -> bool:
    return "requester_id" in row and "comments" not in row and isinstance(row.get("description"), str)


def _is_intercom_conversation(row: Row) -> bool:
    is_conversation = row.get("type") == "conversation" and isinstance(row.get("source"), Mapping)
    return is_conversation and row.get("conversation_parts") is None


def _is_slack_list(row: Row) -> bool:
    is_user = {"id", "name"} <= row.keys() and isinstance(row.get("profile"), Mapping)
    return is_user or (isinstance(row.get("id"), str) and isinstance(row.get("members"), list) and "created" in row)


def _is_chat_of_teams(row: Row) -> bool:
    return "chatType" in row and "body" not in row


UNREAD = (
    (_is_zendesk_ticket, "Zendesk tickets without their comments: export the tickets as JSON with comments, or fetch "
                         "/api/v2/tickets/ID/comments.json?include=users for each ticket"),
    (_is_intercom_conversation, "Intercom conversations without their parts, as lists and searches return them: fetch "
                                "/conversations/ID for each conversation"),
    (_is_slack_list, "a list of the people or channels of a Slack export: pass the whole export, as a folder or .zip"),
    (_is_chat_of_teams, "a list of chats of Microsoft Teams: fetch /chats/ID/messages for each chat"),
)  # fmt: skip
