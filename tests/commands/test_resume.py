"""Whether a run starts anew, continues, or would overwrite another one."""

from pathlib import Path

import pytest

from sumtune.commands.resume import require_same_settings, with_recorded_limits
from sumtune.config_resolution import resolve
from sumtune.errors import RunDirError
from sumtune.files.atomic import write_json
from sumtune.files.run_dir import RunDir


@pytest.mark.parametrize("recorded", [1024, "auto"])
def test_auto_reads_as_many_tokens_as_the_run_that_it_continues(tmp_path: Path, recorded: int | str) -> None:
    run_dir, default = RunDir(tmp_path), resolve()
    assert with_recorded_limits(default, run_dir) == default
    before = resolve(overrides={"model.max_source_tokens": recorded})
    write_json(run_dir.run_json, {"config": before.model_dump(mode="json")})
    continued = with_recorded_limits(default, run_dir)
    assert continued == before
    require_same_settings(continued, run_dir)


def test_another_number_than_that_of_the_run_is_refused(tmp_path: Path) -> None:
    run_dir, before = RunDir(tmp_path), resolve(overrides={"model.max_source_tokens": 512})
    write_json(run_dir.run_json, {"config": before.model_dump(mode="json")})
    other = with_recorded_limits(resolve(overrides={"model.max_source_tokens": 640}), run_dir)
    with pytest.raises(RunDirError, match=r"model\.max_source_tokens: 512 → 640"):
        require_same_settings(other, run_dir)


def test_settings_that_a_record_lacks_have_their_defaults(tmp_path: Path) -> None:
    run_dir, recorded = RunDir(tmp_path), resolve().model_dump(mode="json")
    for key in ("within", "stop_early", "sampled_summaries"):
        del recorded["train"][key]
    write_json(run_dir.run_json, {"config": recorded})
    require_same_settings(resolve(), run_dir)
    with pytest.raises(RunDirError, match=r"train\.stop_early: False → True"):
        require_same_settings(resolve(overrides={"train.stop_early": True}), run_dir)


def test_how_many_summaries_are_sampled_is_no_other_run(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    write_json(run_dir.run_json, {"config": resolve().model_dump(mode="json")})
    require_same_settings(resolve(overrides={"train.sampled_summaries": 0}), run_dir)
