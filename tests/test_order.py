"""Tests that send signals to their own process run before exports; see `SLOW` in conftest.py."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def test_tests_that_send_signals_run_before_exports() -> None:
    tree = ast.parse((TESTS / "conftest.py").read_text(encoding="utf-8"))
    (slow,) = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SLOW"
    )
    starts = [one.value for one in ast.walk(slow) if isinstance(one, ast.Constant)]
    before = starts[: starts.index("tests/export/")]
    senders = [
        file.relative_to(TESTS.parent).as_posix()
        for file in TESTS.rglob("test_*.py")
        if file != Path(__file__) and "signal.raise_signal(" in file.read_text(encoding="utf-8")
    ]
    assert len(senders) >= 4
    assert [file for file in senders if not file.startswith(tuple(before))] == []
