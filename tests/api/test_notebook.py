"""The notebook in `examples/` runs from top to bottom, with a tiny model and a few of its conversations."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "tutorial.ipynb"
SETTINGS = {
    "model.precision": "fp32", "model.max_source_tokens": 64, "model.max_target_tokens": 16, "model.long": "truncate",
    "train.sampled_summaries": 0, "decode.engine": "torch", "evaluate.base": False,
}  # fmt: skip
"""Whole dialogues would take minutes: they are long, and without kernels reading them is slow."""


def read() -> Any:
    return nbformat.read(NOTEBOOK, 4)


def shown_by(cell: Any) -> str:
    """What a cell printed and what its last line is, as text."""
    outputs = cell.get("outputs", ())
    return "\n".join(one.get("text") or one.get("data", {}).get("text/plain", "") for one in outputs)


def test_it_stores_no_output_that_could_become_wrong() -> None:
    cells = [cell for cell in read().cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.e2e
def test_it_shows_the_way_from_data_to_diagnosis(
    tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SUMTUNE_CACHE", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("SUMTUNE_KERNELS", "0")  # nothing to compile
    notebook, shown, title = read(), {}, ""
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    parameters.source = f"model, settings, examples, run_dir = {str(tiny_models['t5'])!r}, {SETTINGS}, 24, 'run'"
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in notebook.cells:
        if cell.source.startswith("## "):
            title = cell.source.split("\n")[0].removeprefix("## ")
        shown[title] = shown.get(title, "") + shown_by(cell)
    assert [*shown] == ["", "Data", "Plan", "Tune", "Scores", "Report", "Summarize", "Diagnose", "Next"]
    assert "24 pairs" in shown["Data"]
    assert "ROUGE-1 of longest-3: 0." in shown["Plan"]
    assert "TRAINING CONFIGURATION" in shown["Tune"]
    assert {line.split()[0] for line in shown["Scores"].splitlines() if line} == {"tuned", "lead-3", "longest-3"}
    assert "ROUGE (F-measure) and chrF" in shown["Report"]
    assert (tmp_path / "run" / "report.html").is_file()
    assert "too_few_steps" in shown["Diagnose"]
    assert "characters_separated" in shown["Diagnose"]
