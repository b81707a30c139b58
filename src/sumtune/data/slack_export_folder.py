"""Read a whole Slack export: a folder or ZIP file with a list of users, a folder for each channel, a file for each day.

`formats/slack.py` reads the messages in these files.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from sumtune.data.formats.slack import is_slack, read_slack, user_names
from sumtune.data.issues import Issue
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["is_slack_channel", "is_slack_export", "read_slack_channel", "read_slack_export"]

USERS = "users.json"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
CHANNELS = ("channels.json", "groups.json", "dms.json", "mpims.json")


def is_slack_export(paths: Iterable[PurePath]) -> bool:
    """Return whether files with these paths are a Slack export: a list of users beside a list of channels."""
    folders: dict[PurePath, set[str]] = {}
    for path in paths:
        folders.setdefault(path.parent, set()).add(path.name)
    return any(USERS in names and names & set(CHANNELS) for names in folders.values())


def is_slack_channel(paths: Iterable[PurePath]) -> bool:
    """Return whether files with these paths are one channel of a Slack export: a file for each day."""
    return bool(paths) and all(len(path.parts) == 1 and DAY.fullmatch(path.name) for path in paths)


def read_slack_export(place: str, file: str, paths: Iterable[PurePath], read: Callable[[PurePath], bytes]) -> Table:
    """Return the conversations of all channels, in the order of channels and times.

    Raises:
        DataError: a file is damaged, or there are no messages.
    """
    listed = sorted(paths)
    (root,) = [path.parent for path in listed if path.name == USERS][:1]
    names = user_names(_parse(place, root / USERS, read))
    channels = sorted({path.parent for path in listed if path.suffix == ".json" and path.parent != root})
    days = {channel.name: [path for path in listed if path.parent == channel] for channel in channels}
    return _read_channels(place, file, days, read, names)


def read_slack_channel(folder: Path, days: Iterable[PurePath]) -> Table:
    """Return the conversations of one channel of an unpacked export, with the names from the folder above it.

    Raises:
        DataError: a file is damaged, or there are no messages.
    """
    users = folder.resolve().parent / USERS
    listed = _parse(str(users.parent), PurePath(USERS), lambda _: users.read_bytes()) if users.is_file() else ()
    return _read_channels(
        str(folder),
        folder.name,
        {folder.resolve().name: days},
        lambda day: (folder / day).read_bytes(),
        user_names(listed),
    )


def _read_channels(
    place: str,
    file: str,
    channels: Mapping[str, Iterable[PurePath]],
    read: Callable[[PurePath], bytes],
    names: dict[str, str],
) -> Table:
    rows: list[tuple[int, dict[str, Any]]] = []
    left_out: Counter[str] = Counter()
    for channel, days in channels.items():
        entries = [entry for day in days for entry in _entries(place, day, read)]
        messages = [entry for entry in entries if is_slack([entry])]
        left_out["entries that are not messages"] += len(entries) - len(messages)
        for reading in read_slack(messages, names, split=True):
            left_out.update(reading.left_out)
            rows.append((len(rows) + 1, {"channel": channel, "dialogue": reading.value()}))
    if not rows:
        raise DataError(f"{place} is a Slack export without any message.")
    removed = ", ".join(f"{what} ({count})" for what, count in left_out.items() if count)
    note = "it is read as a Slack export" + (f"; left out: {removed}" if removed else "")
    return Table(file, None, ("channel", "dialogue"), tuple(rows), (Issue("format", "info", note, file),),
                 "a Slack export")  # fmt: skip


def _entries(place: str, day: PurePath, read: Callable[[PurePath], bytes]) -> list[Any]:
    value = _parse(place, day, read)
    return value if isinstance(value, list) else [value]


def _parse(place: str, path: PurePath, read: Callable[[PurePath], bytes]) -> Any:
    try:
        return json.loads(read(path))
    except (ValueError, RecursionError):
        raise DataError(f"{place} is damaged: {path} is not JSON; export it again.") from None
