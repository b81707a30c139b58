"""The compiled library is made once, used without a compiler, and loaded only where it is whole and ours."""

import itertools
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from runpy import run_module
from shutil import copytree

import pytest
import torch

from sumtune.errors import ConfigError
from sumtune.files.cache_dir import CACHE
from sumtune.kernels import build, compiler, variants
from sumtune.kernels.build import OFF, load_kernels, why_no_kernels
from sumtune.kernels.compiler import LIBRARY, library_key
from sumtune.kernels.variants import CPU, runnable_variants, variants_of


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    build._load.cache_clear()
    yield
    build._load.cache_clear()


@pytest.fixture
def folder(compiled: Path, tmp_path: Path) -> Path:
    """A copy of a folder with the compiled kernels."""
    if not libraries(compiled):
        pytest.skip("no C compiler")
    return copytree(compiled, tmp_path / "kernels")


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder where programs are looked for; it is empty."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def libraries(folder: Path) -> list[Path]:
    return list(folder.glob(f"[!.]*/{LIBRARY}"))


def test_kernels_are_compiled_once(folder: Path) -> None:
    before = [file.stat().st_mtime_ns for file in libraries(folder)]
    assert load_kernels(folder) is not None
    assert [file.stat().st_mtime_ns for file in libraries(folder)] == before
    assert len(before) == 1
    assert sorted(path.name for path in libraries(folder)[0].parent.iterdir()) == [LIBRARY, "manifest.json"]


@pytest.mark.usefixtures("no_compiler")
def test_a_library_that_was_compiled_before_needs_no_compiler(folder: Path) -> None:
    assert load_kernels(folder) is not None
    assert why_no_kernels(folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.usefixtures("no_compiler")
def test_a_library_of_another_user_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (library,) = libraries(folder)
    key = library.parent.name.rpartition("-")[0]
    library.parent.rename(folder / f"{key}-12345")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr("sumtune.files.ownership.PACKAGE", Path("/"))
    os.chown(folder / f"{key}-12345" / LIBRARY, 777, 777)
    assert load_kernels(folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of root")
@pytest.mark.usefixtures("no_compiler")
def test_a_library_of_root_is_used_by_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr("sumtune.files.ownership.PACKAGE", Path("/"))
    assert load_kernels(folder) is not None


@pytest.mark.usefixtures("no_compiler")
def test_a_library_for_another_system_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Plan 9")
    assert load_kernels(folder) is None
    assert "no C compiler (cc, gcc, clang)" in why_no_kernels(folder)


def test_the_key_of_a_library_names_system_and_architecture() -> None:
    keys = [library_key(*one) for one in itertools.product(("Linux", "Darwin"), ("x86_64", "aarch64"))]
    assert len(set(keys)) == 4
    assert library_key("Windows", "AMD64") == library_key("Windows", "x86_64")
    assert library_key("Darwin", "arm64") == library_key("Darwin", "aarch64")


def test_an_architecture_without_kernels_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert load_kernels(folder) is None
    assert why_no_kernels(folder) == "there are none for the architecture riscv64"


def test_a_processor_that_runs_no_variant_has_no_kernels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "runnable_variants", lambda _library: [])
    assert load_kernels(folder) is None
    assert "this processor lacks instructions" in why_no_kernels(folder)


def test_the_best_variant_is_used_unless_another_one_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = load_kernels(folder)
    assert best is not None
    runnable = runnable_variants(best._library)
    assert best.variant == runnable[0]
    for variant in runnable:
        monkeypatch.setenv(CPU, variant)
        chosen = load_kernels(folder)
        assert chosen is not None
        assert chosen.variant == variant


class Library(dict):
    """A library whose functions return what the dictionary says, otherwise 1."""

    def __getitem__(self, name: str) -> Callable[[], int]:
        return lambda: self.get(name, 1)


@pytest.mark.parametrize("by_torch", [set(), {"int8", "bf16"}, {"f32"}])
def test_products_for_which_torch_is_faster_are_left_to_it(monkeypatch: pytest.MonkeyPatch, by_torch: set[str]) -> None:
    monkeypatch.setattr(build, "use_torch_threads", lambda _library: None)
    monkeypatch.setattr(build, "choose_variant", lambda _library: "best")
    library = Library({f"leaves_{element}_to_torch": int(element in by_torch) for element in build.PRODUCTS})
    chosen, forced = build._kernels(library, is_forced=False), build._kernels(library, is_forced=True)
    for kernels, left in ((chosen, by_torch), (forced, set())):
        assert kernels.has_int8_product == ("int8" not in left)
        assert kernels.has_frozen_product(torch.bfloat16) == ("bf16" not in left)
        assert kernels.has_frozen_product(torch.float32) == ("f32" not in left)
        assert (kernels.label == "best") == (not left)


def test_a_variant_that_this_processor_cannot_run_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = load_kernels(folder)
    assert best is not None
    runnable = runnable_variants(best._library)
    for wrong in {"pentium", *variants_of(platform.machine())} - set(runnable):
        monkeypatch.setenv(CPU, wrong)
        with pytest.raises(ConfigError, match=f"{CPU} is '{wrong}', expected one of {', '.join(runnable)}"):
            load_kernels(folder)


@pytest.mark.usefixtures("no_compiler")
def test_a_library_beside_the_package_is_used(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (library,) = libraries(folder)
    package = copytree(Path(build.__file__).parent, tmp_path / "package")
    copytree(library.parent, package / "compiled" / library.parent.name.partition("-")[0])
    monkeypatch.setattr(build, "files", lambda _name: package)
    assert load_kernels(tmp_path / "empty") is not None


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: os.truncate(file, 0),
    "a bit": lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    "deleted": Path.unlink,
    "not a library": lambda file: file.write_text("x" * 5000),
}


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_library_is_never_loaded(folder: Path, damage: Callable[[Path], object]) -> None:
    """Loading half of one ends the process with a bus error."""
    damage(libraries(folder)[0])
    assert load_kernels(folder) is None


@pytest.fixture
def copying_compiler(compiled: Path, no_compiler: Path) -> Path:
    """The only compiler; it copies the library where it should link one, because compiling takes seconds."""
    (library,) = libraries(compiled)
    copy = f"{shutil.which('cp', path=os.defpath)} {library} {LIBRARY}"
    (no_compiler / "cc").write_text(f'#!/bin/sh\ncase "$*" in *-shared*) {copy};; esac\n')
    (no_compiler / "cc").chmod(0o755)
    return no_compiler


@pytest.mark.usefixtures("copying_compiler")
def test_a_cut_library_is_compiled_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (library,) = libraries(folder)
    whole = library.stat().st_size
    os.truncate(library, whole // 2)
    assert load_kernels(folder) is not None
    assert "damaged" in caplog.text
    assert library.stat().st_size == whole


def test_the_compiler_of_the_machine_is_called_so_that_it_makes_a_library(
    compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not libraries(compiled):
        pytest.skip("no C compiler")
    sources, every = Path(compiler.__file__).parent, variants_of(platform.machine())
    monkeypatch.setattr(compiler, "files", lambda _name: tmp_path)
    for name in compiler.SOURCES:
        (tmp_path / name).write_text("")
    for name in ("kernels_threads.h", "processor.c", "threads.c"):
        shutil.copy(sources / name, tmp_path)
    (tmp_path / "kernels.c").write_text(
        """#include <math.h>
        #include "kernels_int8.h"
        #define NAME2(name, variant) name##variant
        #define NAME(name, variant) NAME2(name, variant)
        #ifdef REFUSED
        #error not supported
        #endif
        API int NAME(has_bf16_product_, VARIANT)(void) { return 1; }
        API int NAME(has_int8_product_, VARIANT)(void) { volatile double x = 4.0; return cbrt(x) < 1; }
        """
    )
    (tmp_path / "kernels_int8.h").write_text('#include <stdint.h>\n#include "kernels_threads.h"\n')
    best, *_, basic = every
    few = {best: ("-DREFUSED",), basic: ()}
    monkeypatch.setattr(build, "variants_of", lambda _machine: few)
    monkeypatch.setenv(CPU, basic)  # else processors with AMX leave the product to torch
    kernels = load_kernels(tmp_path / "kernels")
    assert kernels is not None
    assert (kernels.has_frozen_product(torch.bfloat16), kernels.has_int8_product) == (True, False)
    assert runnable_variants(kernels._library) == [basic], "a compiler may lack support for others"
    (library,) = libraries(tmp_path / "kernels")
    assert sorted(path.name for path in library.parent.iterdir()) == [LIBRARY, "manifest.json"]


def test_kernels_can_be_turned_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFF, "0")
    assert load_kernels(folder) is None
    assert OFF in why_no_kernels(folder)
    monkeypatch.delenv(OFF)
    assert load_kernels(folder) is not None


def test_what_the_compiler_says_is_told_once(
    tmp_path: Path, no_compiler: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (no_compiler / "cc").write_text("#!/bin/sh\nfor n in 1 2 3 4 5 6; do echo line $n >&2; done\nexit 1\n")
    (no_compiler / "cc").chmod(0o755)
    for _ in range(2):
        assert load_kernels(tmp_path / "kernels") is None
    (record,) = (one for one in caplog.records if one.levelname != "INFO")  # other tests may have turned INFO on
    assert record.levelname == "WARNING"
    assert "line 2 line 3 line 4 line 5 line 6" in record.message
    assert "line 1" not in record.message
    assert not libraries(tmp_path / "kernels")


@pytest.mark.usefixtures("copying_compiler")
def test_the_kernels_can_be_compiled_into_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = copytree(Path(build.__file__).parent, tmp_path / "package")
    monkeypatch.setattr(build, "files", lambda _name: package)
    monkeypatch.setattr(sys, "argv", ["kernels", "--into-package"])
    run_module("sumtune.kernels", run_name="__main__")
    (library,) = libraries(package / "compiled")
    assert capsys.readouterr().out == f"The kernels are in {library.parent}\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert load_kernels(tmp_path / "empty") is not None


@pytest.mark.usefixtures("no_compiler")
def test_nothing_is_compiled_into_the_package_without_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "files", lambda _name: tmp_path)
    monkeypatch.setattr(sys, "argv", ["kernels", "--into-package"])
    with pytest.raises(SystemExit, match="No kernels: There is no C compiler"):
        run_module("sumtune.kernels", run_name="__main__")


@pytest.mark.usefixtures("copying_compiler")
def test_the_kernels_can_be_compiled_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["kernels"])
    run_module("sumtune.kernels", run_name="__main__")
    assert capsys.readouterr().out == f"The kernels are in {tmp_path / 'kernels'}\n"
    assert libraries(tmp_path / "kernels")
    monkeypatch.setenv(OFF, "0")
    with pytest.raises(SystemExit, match=OFF):
        run_module("sumtune.kernels", run_name="__main__")
