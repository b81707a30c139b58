"""Slack exports, a folder or ZIP file with a folder for each channel, a file for each day, and a list of users."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

from sumtune.data.formats.format import Reading
from sumtune.data.formats.slack import is_slack, read_slack, user_names
from sumtune.data.issues import Issue
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["is_slack_export", "read_slack_export"]

USERS = "users.json"
CHANNELS = ("channels.json", "groups.json", "dms.json", "mpims.json")


def is_slack_export(paths: Iterable[PurePath]) -> bool:
    """Return whether files with these paths are a Slack export: a list of users beside a list of channels."""
    folders: dict[PurePath, set[str]] = {}
    for path in paths:
        folders.setdefault(path.parent, set()).add(path.name)
    return any(USERS in names and names & set(CHANNELS) for names in folders.values())


def read_slack_export(place: str, file: str, paths: Iterable[PurePath], read: Callable[[PurePath], bytes]) -> Table:
    """Return the conversations of all channels, in the order of channels and times.

    Raises:
        DataError: a file is damaged, or there are no messages.
    """
    listed = sorted(paths)
    (root,) = [path.parent for path in listed if path.name == USERS][:1]
    names = user_names(_parse(place, root / USERS, read))
    rows: list[tuple[int, dict[str, Any]]] = []
    left_out: Counter[str] = Counter()
    for channel in sorted({path.parent for path in listed if path.suffix == ".json" and path.parent != root}):
        for reading in _channel(place, [path for path in listed if path.parent == channel], read, names):
            left_out.update(reading.left_out)
            rows.append((len(rows) + 1, {"channel": channel.name, "dialogue": reading.value()}))
    if not rows:
        raise DataError(f"{place} is a Slack export without any message.")
    note = "it is read as a Slack export" + "".join(f"; left out: {n} {what}" for what, n in left_out.items())
    issues = (Issue("format", "info", note, file),)
    return Table(file, None, ("channel", "dialogue"), tuple(rows), issues, "a Slack export")


def _channel(
    place: str, days: Iterable[PurePath], read: Callable[[PurePath], bytes], names: dict[str, str]
) -> list[Reading]:
    messages: list[Any] = []
    for day in days:
        value = _parse(place, day, read)
        messages += value if is_slack(value) else []
    return read_slack(messages, names, split=True)


def _parse(place: str, path: PurePath, read: Callable[[PurePath], bytes]) -> Any:
    try:
        return json.loads(read(path))
    except (ValueError, RecursionError):
        raise DataError(f"{place} is damaged: {path} is not JSON; export it again.") from None
