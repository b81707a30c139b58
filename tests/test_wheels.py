"""Wheels bring compiled kernels to the place where the package looks for them on their platform."""

import importlib.util
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from documentation import ROOT

from sumtune.kernels import compiler
from sumtune.kernels.compiler import LIBRARY, library_key
from sumtune.kernels.variants import variants_of

NAMES = re.search(r"^WHEELS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE).group(1).split()


class Hook:
    """What is used of hatchling's class, which the development environment does not have."""

    root = str(ROOT)

    def __class_getitem__(cls, _config):
        return cls


@pytest.fixture
def hatch_build(monkeypatch):
    interface = SimpleNamespace(BuildHookInterface=Hook)
    monkeypatch.setitem(sys.modules, "hatchling.builders.hooks.plugin.interface", interface)
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "hatch_build", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def compilations(monkeypatch):
    """The calls of the compiler, which only writes a file."""
    calls = []

    def compile_kernels(command, variants, folder):
        calls.append((command, variants))
        (folder / LIBRARY).write_text("library")

    monkeypatch.setattr(compiler, "compile_kernels", compile_kernels)
    return calls


def built(hatch_build):
    data = {"force_include": {}, "pure_python": True}
    hook = hatch_build.CompiledKernels()
    hook.initialize("standard", data)
    return data, hook


def test_make_builds_every_platform(hatch_build):
    assert set(hatch_build.PLATFORMS) == set(NAMES)
    assert len({platform.tag for platform in hatch_build.PLATFORMS.values()}) == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_has_the_library_of_its_platform(hatch_build, compilations, monkeypatch, name):
    monkeypatch.setenv(hatch_build.PLATFORM, name)
    platform = hatch_build.PLATFORMS[name]
    data, hook = built(hatch_build)
    assert (data["tag"], data["pure_python"]) == (f"py3-none-{platform.tag}", False)
    where = f"sumtune/kernels/compiled/{library_key(platform.system, platform.machine)}"
    assert set(data["force_include"].values()) == {f"{where}/{LIBRARY}", f"{where}/manifest.json"}
    assert all(Path(file).is_file() for file in data["force_include"])
    ((command, variants),) = compilations
    assert command[-1] == platform.target
    assert list(variants) == list(variants_of(platform.machine))
    hook.finalize("standard", data, "")
    assert not any(Path(file).exists() for file in data["force_include"])
    assert not [flag for flags in variants.values() for flag in flags if flag.startswith("-march")]


def test_other_wheels_have_no_library(hatch_build, compilations, monkeypatch):
    monkeypatch.delenv(hatch_build.PLATFORM, raising=False)
    data, _hook = built(hatch_build)
    assert data == {"force_include": {}, "pure_python": True}
    assert not compilations


def test_an_unknown_platform_is_refused(hatch_build, compilations, monkeypatch):
    monkeypatch.setenv(hatch_build.PLATFORM, "amiga")
    with pytest.raises(SystemExit, match="'amiga', expected one of linux-x86_64"):
        built(hatch_build)
