"""Zendesk: a ticket with its comments, or a chat with its history. Internal notes are left out."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, as_id, is_list_of
from sumtune.data.formats.html_text import has_markup, html_lines

__all__ = ["ZENDESK"]

BODIES = ("plain_body", "body", "html_body")
PEOPLE = ("requester", "submitter", "assignee", "collaborators", "users")


def _matches(row: Row) -> bool:
    has_none = row.get("comments") == [] and "requester_id" in row
    return has_none or is_list_of(row.get("comments"), *BODIES) or is_list_of(row.get("history"), "msg")


def _names(row: Row) -> dict[str | None, str]:
    """Return the names of the people in the ticket, by id. A requester without a name is called `Customer`."""
    requester = as_id(row.get("requester_id"))
    found: dict[str | None, str] = {requester: "Customer"} if requester else {}
    for key in PEOPLE:
        for person in row[key] if isinstance(row.get(key), list) else [row.get(key)]:
            if isinstance(person, Mapping) and (known := as_id(person.get("id"))) and person.get("name"):
                found[known] = str(person["name"])
    return found


def _comment(comment: Mapping[str, Any], names: Mapping[str | None, str]) -> Turn:
    text = next((str(comment[body]) for body in BODIES if comment.get(body)), "")
    author = comment.get("author")
    named = author.get("name") if isinstance(author, Mapping) else author
    name = named or names.get(as_id(comment.get("author_id"))) or "Agent"
    return Turn(str(name), html_lines(text) if has_markup(text) else text)


def _read(row: Row) -> list[Reading]:
    if is_list_of(row.get("history"), "msg"):
        said = [entry for entry in row["history"] if isinstance(entry.get("msg"), str)]
        return [Reading([Turn(str(entry.get("name") or entry.get("nick") or ""), entry["msg"]) for entry in said])]
    names = _names(row)
    public = [comment for comment in row["comments"] if comment.get("public", True)]
    left_out = {"internal notes": len(row["comments"]) - len(public)} if len(public) < len(row["comments"]) else {}
    return [Reading([_comment(comment, names) for comment in public], left_out=left_out)]


ZENDESK = Format("Zendesk", ("comments", "history", *PEOPLE, "description"), _matches, _read)
