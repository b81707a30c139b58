"""Free memory in a container: its limit counts, the page cache of files does not."""

from pathlib import Path

import psutil
import pytest

from sumtune import cgroup, memory

GB = 1 << 30
UNLIMITED_V1 = 9223372036854771712


def v2(group: Path, limit: object, used: int, *, high: object = "max", **stat: int) -> None:
    """A control group of version 2 as the kernel shows it."""
    write(group, {"memory.max": limit, "memory.high": high, "memory.current": used}, stat)


def v1(group: Path, limit: int, used: int, **stat: int) -> None:
    write(group, {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": used}, stat)


def write(group: Path, files: dict[str, object], stat: dict[str, int]) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (group / name).write_text(f"{value}\n")
    (group / "memory.stat").write_text("".join(f"{name} {size}\n" for name, size in ({"anon": 1} | stat).items()))


def unused(root: Path, membership: str) -> int | None:
    file = root / "membership"
    file.write_text(membership)
    return cgroup.headroom_bytes(root, file)


def test_a_warm_page_cache_is_free_memory(tmp_path: Path) -> None:
    v2(tmp_path, 8 * GB, 7 * GB, inactive_file=4 * GB, active_file=2 * GB, slab_reclaimable=GB // 2)
    assert unused(tmp_path, "0::/\n") == 8 * GB - GB // 2


def test_what_processes_hold_is_not_free(tmp_path: Path) -> None:
    v2(tmp_path, 8 * GB, 7 * GB, anon=6 * GB, shmem=GB, file=2 * GB, inactive_file=0, slab_unreclaimable=GB)
    assert unused(tmp_path, "0::/\n") == GB


def test_the_first_limit_that_is_reached_counts(tmp_path: Path) -> None:
    v2(tmp_path, 8 * GB, 3 * GB, high=4 * GB)
    assert unused(tmp_path, "0::/\n") == GB
    v2(tmp_path, 8 * GB, 3 * GB, high=2 * GB)  # over `high` already
    assert unused(tmp_path, "0::/\n") == 0


def test_a_group_is_limited_by_its_parents(tmp_path: Path) -> None:
    v2(tmp_path / "user.slice" / "run.scope", "max", GB)
    v2(tmp_path / "user.slice", 4 * GB, 3 * GB, inactive_file=GB)
    assert unused(tmp_path, "0::/user.slice/run.scope\n") == 2 * GB
    v2(tmp_path / "user.slice" / "run.scope", 2 * GB, GB + 1)
    assert unused(tmp_path, "0::/user.slice/run.scope\n") == GB - 1


def test_a_neighbour_does_not_count(tmp_path: Path) -> None:
    v2(tmp_path / "a", 8 * GB, GB)
    v2(tmp_path / "b", GB, GB)
    assert unused(tmp_path, "0::/a\n") == 7 * GB


def test_version_1_with_other_controllers_beside_it(tmp_path: Path) -> None:
    v1(tmp_path / "memory" / "docker" / "1f", 6 * GB, 5 * GB, total_inactive_file=2 * GB, inactive_file=7, total_rss=GB)
    v1(tmp_path / "memory", UNLIMITED_V1, 9 * GB)
    membership = "11:cpu,cpuacct:/docker/1f\n7:memory:/docker/1f\n1:name=systemd:/\n0::/system.slice\n"
    assert unused(tmp_path, membership) == 3 * GB


@pytest.mark.parametrize("path", ["/docker/1f", "/../../kubepods/pod7", "/"])
def test_in_a_container_that_sees_only_its_own_group_that_group_counts(tmp_path: Path, path: str) -> None:
    v1(tmp_path / "memory", 2 * GB, GB)
    assert unused(tmp_path, f"4:memory:{path}\n") == GB
    v2(tmp_path, 2 * GB, GB // 2)
    assert unused(tmp_path, f"0::{path}\n") == 2 * GB - GB // 2


def test_without_limits_or_control_groups_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert cgroup.headroom_bytes(tmp_path, tmp_path / "none") is None
    assert unused(tmp_path, "0::/\n") is None
    v2(tmp_path, "max", GB)
    assert unused(tmp_path, "0::/\n") is None
    (tmp_path / "memory.max").write_text("rubbish\n")
    assert unused(tmp_path, "0::/\n") is None


def test_statistics_that_lack_or_exceed_the_usage_never_give_more_than_the_limit(tmp_path: Path) -> None:
    v2(tmp_path, 4 * GB, GB, inactive_file=3 * GB)
    assert unused(tmp_path, "0::/\n") == 4 * GB
    (tmp_path / "memory.stat").unlink()
    assert unused(tmp_path, "0::/\n") == 3 * GB


@pytest.mark.parametrize(("limit", "expected"), [(None, 5 * GB), (3 * GB, 3 * GB), (9 * GB, 5 * GB)])
def test_the_machine_and_its_container_both_limit(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, expected: int
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 5 * GB}))
    monkeypatch.setattr(cgroup, "headroom_bytes", lambda: limit)
    assert memory.available_bytes() == expected
