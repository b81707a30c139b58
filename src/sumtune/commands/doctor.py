"""`sumtune doctor`: shows what this machine computes with, and what is missing."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console

from sumtune.commands.machine import Machine, examine
from sumtune.terminal.status import status

__all__ = ["show_machine"]


def show_machine(console: Console, *, as_json: bool) -> None:
    """Examine this machine and print the result: one line for each part, or JSON."""
    if as_json:
        console.print(json.dumps(asdict(examine()), indent=2), soft_wrap=True)
        return
    with status(console, "Examining this machine; the kernels are compiled if there are none yet"):
        machine = examine()
    for line in _lines(machine):
        console.print(line, soft_wrap=True)


def _lines(machine: Machine) -> Iterator[str]:
    """Yield one line per part, then what is missing."""
    parts = {
        "Processor": f"{machine.processor} ({machine.architecture}, {machine.cores} cores)",
        "Device": machine.device,
        "Kernels": machine.kernels,
        "Threads": str(machine.threads),
        "C compiler": machine.compiler or "none",
        "Precision": f"{machine.precision} ({machine.precision_reason})",
        "Engine": f"{machine.engine} (embedded model)",
    }
    for name, value in parts.items():
        yield f"{name + ':':<12}{value}"
    if not machine.missing:
        yield "Nothing is missing."
    for missing in machine.missing:
        yield ""
        yield f"Missing: {missing.what}"
        yield f"  {missing.cost}"
        yield f"  Remedy: {missing.remedy}"
