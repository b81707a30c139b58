"""Every format: its own runtime writes what the tuned model writes, and the code in its README does so, too."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import small_runs
import tiny

from sumtune.commands.export import export_run
from sumtune.export.formats import find_format
from sumtune.export.graphs import trace
from sumtune.export.source import read_source
from sumtune.text.prompt import Prompt

pytestmark = pytest.mark.e2e

DIALOGUE = tiny.conversation(77)["dialogue"]


@pytest.fixture(scope="module", autouse=True)
def _each_model_is_traced_once(tmp_path_factory):
    """OpenVINO reads the graphs that were written for ONNX Runtime; tracing takes most of the time of these tests."""
    written = {}
    write = trace._write_graphs

    def write_once(model, is_encoder_decoder, folder):
        family = model.config.model_type
        if family not in written:
            written[family] = tmp_path_factory.mktemp(family)
            write(model, is_encoder_decoder, written[family])
        shutil.copytree(written[family], folder, dirs_exist_ok=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "_write_graphs", write_once)
        yield


def check_export(run_dir, name, output):
    export_run(run_dir, name, output, small_runs.console(), examples=3)
    return json.loads((output / "export.json").read_text())["check"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        *product(("merged", "ctranslate2"), ("gemma", "t5", "bart")),
        *product(("onnx", "openvino"), ("gemma", "t5", "bart")),
    ],
)
def test_an_export_writes_what_the_tuned_model_writes(name, family, export_runs, output, monkeypatch):
    run_dir = export_runs(family)
    check = check_export(run_dir, name, output)
    assert check["result"] == "passed"
    assert check["different_prompts"] == 0
    tuned, kind = read_source(run_dir), find_format(name)
    source = tuned.with_search(beams=kind.searches_beams, repeats_forbidden=kind.forbids_repeats(tuned))
    assert kind.forbids_repeats(tuned) == (name != "merged" or source.is_encoder_decoder)
    ours = source.summarizer().summarize([DIALOGUE])[0].text
    if name != "ctranslate2":
        assert check["exact"]["identical"] == check["n"]
        assert summary_of_readme(output, monkeypatch) == ours
    artefact = kind.open(output)
    assert artefact.summarize([DIALOGUE], [""]) == [summary_of_readme(output, monkeypatch)]


def summary_of_readme(folder: Path, monkeypatch) -> str:
    """Run the Python code of `README.md` in its folder, as it is."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names = {"dialogue": DIALOGUE}
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)  # as Python does for a script
        for module in ("greedy", "onnx_graphs", "openvino_graphs"):
            patch.delitem(sys.modules, module, raising=False)
        exec(code, names)
    return names["summary"]


def test_prompt_limits_and_end_marks_travel_with_an_export(export_runs, output):
    run_dir = export_runs("gemma")
    export_run(run_dir, "merged", output, small_runs.console(), check=False)
    source, generation = read_source(run_dir), json.loads((output / "generation_config.json").read_text())
    assert Prompt.load(output) == source.prompt
    assert generation["eos_token_id"] == source.encoder.end_ids
    assert len(generation["eos_token_id"]) > 1, "a line break ends a summary, too"
    assert generation["max_new_tokens"] == source.prompt.max_target_tokens
    assert "Gemma Terms of Use" in (output / "NOTICE").read_text()


@pytest.mark.parametrize(
    ("name", "family", "size", "says"),
    [("merged", "t5", 5, "never contains"), ("merged", "gemma", None, "Unlike in sumtune, a summary may contain"),
     ("ctranslate2", "gemma", 5, "never contains"), ("ctranslate2", "t5", 5, "never contains")],
)  # fmt: skip
def test_an_export_forbids_the_repeats_of_the_run_or_says_that_it_cannot(export_runs, output, name, family, size, says):
    run_dir = export_runs(family)
    config = read_source(run_dir).decode
    tuned = replace(
        read_source(run_dir), decode=config.model_copy(update={"no_repeat_ngram_size": 5, "no_repeat_words": 3})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sumtune.commands.export.read_source", lambda _run_dir: tuned)
        export_run(run_dir, name, output, small_runs.console(), check=False)
    assert json.loads((output / "generation_config.json").read_text()).get("no_repeat_ngram_size") == size
    text = (output / "README.md").read_text()
    assert f"{says} the same sequence of 5 tokens twice" in text
    assert "A summary may contain the same 3 words twice." in text


def test_ctranslate2_reads_no_more_than_the_window_of_sliding_attention(export_runs):
    source = read_source(export_runs("gemma"))
    limit = find_format("ctranslate2").max_source_tokens(source)
    assert limit + source.encoder.overhead == 64 < source.prompt.max_source_tokens


def test_openvino_sends_nothing_about_its_use():
    code = (
        "import sumtune.export.graphs.openvino_graphs, sys; print([one for one in sys.modules if 'telemetry.' in one])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize("given", [None, "0"])
def test_onnx_runtime_collects_nothing_unless_the_user_wants_it(given, tmp_path, monkeypatch):
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    environment = os.environ | {"HOME": str(tmp_path)} | ({} if given is None else {"ORT_DISABLE_TELEMETRY": given})
    code = "import sumtune.export.graphs.onnx_graphs, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert printed.stdout.strip() == (given or "1")
    if given is None:
        assert not list(tmp_path.rglob("*onnxruntime*"))
