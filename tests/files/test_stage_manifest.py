"""A manifest vouches for the files beside it."""

from pathlib import Path

import pytest
from damaging import DAMAGES

from sumtune.errors import RunDirError
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST, changed_since, damage, listed, up_to_date, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run" / "stage"
    folder.mkdir(parents=True)
    for name in ("a.bin", "b.bin", "table.csv"):
        (folder / name).write_bytes(f"content of {name}".encode())
    write_manifest(folder, {"fingerprint": "made from this"}, leave_out=("table.csv",))
    return folder


def test_an_untouched_folder_is_up_to_date_for_what_it_was_made_from(folder: Path) -> None:
    assert damage(folder) is None
    assert up_to_date(folder, "made from this")
    assert not up_to_date(folder, "made from that")
    assert not up_to_date(folder.parent, "made from this")
    assert listed(folder).keys() == {"a.bin", "b.bin"}


@pytest.mark.parametrize("name", ["a.bin", "b.bin", MANIFEST])
@pytest.mark.parametrize("change", DAMAGES)
def test_every_damage_is_seen_and_named(folder: Path, name: str, change: object) -> None:
    change(folder / name)  # type: ignore[operator]
    reason = damage(folder)
    assert reason is not None
    assert name in reason
    assert not up_to_date(folder, "made from this")


@pytest.mark.parametrize("sums", [{}, None, [], {"a.bin": None}, {"a\0": "x"}, {"": "x"}, {"../stage": "x"}])
def test_sums_that_are_none_vouch_for_nothing(folder: Path, sums: object) -> None:
    write_record(folder / MANIFEST, {"fingerprint": "made from this", "sha256": sums})
    assert damage(folder) is not None


def test_a_file_left_out_may_change(folder: Path) -> None:
    (folder / "table.csv").unlink()
    assert damage(folder) is None
    assert not changed_since(folder / "table.csv")


def test_what_a_run_folder_should_have_is_required_as_it_was_written(folder: Path) -> None:
    run_dir, file = RunDir(folder.parent), folder / "a.bin"
    assert run_dir.require(file, "evaluate") == file
    assert run_dir.has(file)
    file.write_bytes(b"other")
    with pytest.raises(RunDirError, match=r"stage/a\.bin has changed .* `sumtune evaluate --run-dir "):
        run_dir.require(file, "evaluate")
    file.unlink()
    assert run_dir.has(file)
    with pytest.raises(RunDirError, match=r"has no stage/a\.bin: run `sumtune run "):
        run_dir.require(file, "run")
    write_record(run_dir.run_json, {})
    with pytest.raises(RunDirError, match="repeat the `sumtune run` command that made"):
        run_dir.require(file, "run")
