"""`sumtune export`: what it refuses, what it leaves behind, and what a failed proof does."""

import json
import shutil

import pytest
import small_runs
from typer.testing import CliRunner

from sumtune import cli
from sumtune.commands.export import export_run
from sumtune.errors import ConfigError, ExportError, RunDirError
from sumtune.export import merged
from sumtune.export.formats import FORMATS
from sumtune.files.run_dir import RunDir

pytestmark = pytest.mark.e2e


def export(run_dir, output, **options):
    return export_run(run_dir, "merged", output, small_runs.console(), **{"examples": 2} | options)


def test_the_command_prints_the_folder_and_the_proof(export_runs, output):
    arguments = ["--to", "merged", "--output", str(output), "--run-dir", str(export_runs("t5").root)]
    result = CliRunner().invoke(cli.app, ["export", *arguments, "--examples", "2"])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(output)
    assert "2 of 2" in result.stderr
    assert "95% interval" in result.stderr
    assert sorted(path.name for path in output.parent.iterdir()) == ["chats"]


def test_help_names_every_format():
    text = CliRunner().invoke(cli.app, ["export", "--help"], env={"COLUMNS": "200"}).output
    assert all(name in text for name in FORMATS)


def test_wrong_input_is_refused_before_anything_is_written(export_runs, output, tmp_path):
    run_dir = export_runs("t5")
    with pytest.raises(ConfigError, match=r"no export format 'gptq'.*merged"):
        export_run(run_dir, "gptq", output, small_runs.console())
    with pytest.raises(ConfigError, match="at least 1"):
        export(run_dir, output, examples=0)
    with pytest.raises(RunDirError):
        export(RunDir(tmp_path / "nothing"), output)
    assert not output.parent.exists()


def test_nothing_is_overwritten_without_force_and_only_exports_with_it(export_runs, output):
    run_dir = export_runs("t5")
    export(run_dir, output, check=False)
    with pytest.raises(ConfigError, match="--force"):
        export(run_dir, output)
    export(run_dir, output, force=True)
    assert json.loads((output / "export.json").read_text())["check"]["result"] == "passed"
    (output / "export.json").unlink()
    with pytest.raises(ConfigError, match="is no export"):
        export(run_dir, output, force=True)
    assert (output / "model.safetensors").exists()


def test_an_export_that_is_not_checked_says_so(export_runs, output, monkeypatch):
    monkeypatch.setattr(merged.MergedFormat, "missing_runtime", lambda _: "transformers is not installed.")
    assert export(export_runs("t5"), output) == output
    assert json.loads((output / "export.json").read_text())["check"] == {
        "result": "not checked", "reason": "transformers is not installed."
    }  # fmt: skip
    assert "transformers is not installed." in (output / "README.md").read_text()


def test_an_interrupted_export_leaves_nothing(export_runs, output, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(merged, "write_generation", stop)
    with pytest.raises(KeyboardInterrupt):
        export(export_runs("t5"), output)
    assert list(output.parent.iterdir()) == []


def test_a_wrong_template_is_refused_and_kept_beside(export_runs, output, monkeypatch):
    write = merged.write_tokenizer

    def write_wrong(source, folder, **options):
        write(source, folder, **options)
        (folder / "chat_template.jinja").write_text("{{ messages[-1]['content'] }}")

    monkeypatch.setattr(merged, "write_tokenizer", write_wrong)
    with pytest.raises(ExportError, match="2 of 2 prompts have other tokens; example 1 differs first at token 1"):
        export(export_runs("gemma"), output)
    failed = output.with_name("chats-failed")
    assert [path.name for path in output.parent.iterdir()] == [failed.name]
    assert json.loads((failed / "export.json").read_text())["check"]["result"] == "failed"
    assert "**failed**" in (failed / "README.md").read_text()


def test_no_dialogue_and_no_summary_is_in_the_record(export_runs, output):
    export(export_runs("t5"), output)
    text = (output / "export.json").read_text() + (output / "README.md").read_text()
    assert not any(word in text for word in ("Ana:", "Ben:", "Monday", "tickets", str(output.parent)))
    shutil.rmtree(output)
