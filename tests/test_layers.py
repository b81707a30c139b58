"""What can be imported, and what that pulls in."""

import importlib
import json
import pkgutil
import subprocess
import sys

import sumtune

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(sumtune.__path__, "sumtune.")
    if not module.name.endswith("__main__")
)
HEAVY = ("torch", "transformers", "peft", "ctranslate2", "datasets", "sentencepiece")


def imported_by(statement):
    """Top-level packages in a fresh interpreter after `statement`."""
    code = (
        f"import sys, json\n{statement}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_every_module_can_be_imported_and_defines_what_it_exports():
    modules = [importlib.import_module(name) for name in MODULES]
    exported = [(module, name) for module in modules for name in getattr(module, "__all__", ())]
    assert [f"{module.__name__}: {name}" for module, name in exported if not hasattr(module, name)] == []


def test_what_needs_no_model_imports_no_torch():
    light = (
        "config, errors, files.run_dir, summarizer, data.ingest, data.issues, evaluate.scorecard, terminal.scores, "
        "evaluate.baselines, evaluate.compare, evaluate.scorecard_io, terminal.comparison, commands.compare, "
        "diagnose.diagnose_stage, terminal.diagnosis, text.prompt, text.batching, train.event_log, "
        "train.training_plan, train.loss_monitor, serve.app, report.report_stage, report.card, commands.report, "
        "commands.push, files.run_list, terminal.runs"
    )
    loaded = imported_by("\n".join(f"import sumtune.{name}" for name in light.split(", ")))
    assert not set(HEAVY) & set(loaded)


def test_the_command_line_alone_imports_nothing_heavy():
    loaded = imported_by("import sumtune.cli")
    assert not {*HEAVY, "numpy", "pydantic", "yaml", "fastapi", "uvicorn", "pyarrow"} & set(loaded)
