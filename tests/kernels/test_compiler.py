"""Variants that cannot be compiled: unknown to the compiler, or faulty."""

import logging
import subprocess
from pathlib import Path

import pytest

from sumtune.kernels.compiler import compile_kernels, find_compiler

COMPILER = """#!/bin/sh
case "$*" in
*-munknown*) echo "unrecognized option -munknown" >&2; exit 1;;
*kernels.c*VARIANT=faulty*|*VARIANT=faulty*kernels.c*) echo "kernels.c:7: error: no such function" >&2; exit 1;;
*%s*) echo "$@" >> "%s"; exit 0;;
esac
"""


@pytest.mark.parametrize(
    ("name", "flags", "level", "said"),
    [
        (
            "faulty",
            (),
            logging.WARNING,
            "faulty of the kernels cannot be compiled: kernels.c:7: error: no such function",
        ),
        ("unknown", ("-munknown",), logging.INFO, "does not support the variant unknown"),
    ],
)
def test_a_faulty_variant_is_warned_of_and_an_unsupported_one_is_not(
    name: str, flags: tuple[str, ...], level: int, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compiler, linked = tmp_path / "cc", tmp_path / "linked"
    compiler.write_text(COMPILER % ("-shared", linked))
    compiler.chmod(0o755)
    with caplog.at_level(logging.INFO):
        compile_kernels([str(compiler)], {name: flags, "basic": ()}, tmp_path)
    (record,) = caplog.records
    assert (record.levelno, said in record.getMessage()) == (level, True)
    objects = [word for word in linked.read_text().split() if word.endswith(".o")]
    assert objects == ["basic.o"]
    assert {path.name for path in tmp_path.iterdir()} == {"cc", "linked"}


def test_the_last_variant_must_compile(tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(COMPILER % ("-shared", tmp_path / "linked"))
    compiler.chmod(0o755)
    with pytest.raises(subprocess.CalledProcessError):
        compile_kernels([str(compiler)], {"basic": (), "faulty": ()}, tmp_path)


@pytest.mark.skipif(find_compiler() is None, reason="needs a C compiler")
def test_a_real_compiler_tells_unknown_flags_from_faulty_code(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The last variant fails here, too, so that nothing has to be compiled whole."""
    compiler = find_compiler()
    assert compiler is not None
    wrong = ("-Dint32_t=no_such_type",)
    with caplog.at_level(logging.INFO), pytest.raises(subprocess.CalledProcessError):
        compile_kernels([compiler], {"faulty": wrong, "unknown": ("-mno-such-flag",), "basic": wrong}, tmp_path)
    levels = {record.args[0]: record.levelno for record in caplog.records if isinstance(record.args, tuple)}
    assert levels == {"faulty": logging.WARNING, "unknown": logging.INFO}
