"""Memory limits of Linux control groups, which containers, systemd units and batch jobs use."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["headroom_bytes"]


@dataclass(frozen=True)
class _Version:
    """File names in one version of control groups."""

    mount: str
    """Folder of the memory controller, below `/sys/fs/cgroup`."""
    limits: tuple[str, ...]
    usage: str
    """File with the bytes in use, the page cache included."""
    reclaimable: tuple[str, ...]
    """Entries of `memory.stat` that the kernel frees before it refuses an allocation."""


V1 = _Version("memory", ("memory.limit_in_bytes",), "memory.usage_in_bytes", ("total_inactive_file",
              "total_active_file"))  # fmt: skip
V2 = _Version("", ("memory.max", "memory.high"), "memory.current", ("inactive_file", "active_file",
              "slab_reclaimable"))  # fmt: skip


def headroom_bytes(
    root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> int | None:  # fmt: skip
    """Return the smallest headroom of the control groups that this process is in; None if none has a limit.

    The headroom of a group is its limit minus the memory in use that cannot be reclaimed: the page cache of files that
    were read or written does not count, as in the working set of the kubelet. A group is limited by its parents, too.
    """
    headrooms = [
        room for version, group in _groups(root, membership) if (room := _headroom(version, group)) is not None
    ]
    return min(headrooms, default=None)


def _groups(root: Path, membership: Path) -> Iterator[tuple[_Version, Path]]:
    """Yield the groups of this process and all their parents, as paths in this file system."""
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)  # "4:memory:/path", or "0::/path" of version 2
        if controllers and "memory" not in controllers.split(","):
            continue
        version = V1 if controllers else V2
        mount = root / version.mount
        inner = PurePosixPath(path.lstrip("/"))
        # In a container, the path may be the host's, while this file system starts at the container's own group.
        inside = ".." not in inner.parts and (mount / inner).is_dir()
        for part in (inner, *inner.parents) if inside else (PurePosixPath(),):
            yield version, mount / part


def _headroom(version: _Version, group: Path) -> int | None:
    limits = [limit for name in version.limits if (limit := _number(group / name)) is not None]
    used = _number(group / version.usage)
    if not limits or used is None:
        return None
    return max(0, min(limits) - max(0, used - _reclaimable(version, group)))


def _reclaimable(version: _Version, group: Path) -> int:
    with suppress(OSError, ValueError):
        entries = (line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        return sum(int(size) for name, size in entries if name in version.reclaimable)
    return 0


def _number(file: Path) -> int | None:
    """Return the number in `file`; None if the file is missing or says `max`."""
    with suppress(OSError, ValueError):
        return int(file.read_text(encoding="ascii"))
    return None
