"""The model card: a description of the adapter in Markdown, with metadata that the Hugging Face hub reads."""

from collections.abc import Iterator
from typing import Any

from sumtune.evaluate.scorecard import TUNED
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import EMBEDDED
from sumtune.report.render import render_card
from sumtune.report.view.facts import base_model_id, is_gemma
from sumtune.report.view.run_files import RunFiles, read_run_files
from sumtune.report.view.verdict import verdict_of
from sumtune.text.prompt import Prompt

__all__ = ["model_card"]

METRICS = {
    "rouge1": ("rouge", "ROUGE-1"), "rouge2": ("rouge", "ROUGE-2"), "rougeL": ("rouge", "ROUGE-L"),
    "rougeLsum": ("rouge", "ROUGE-Lsum"), "chrf": ("chrf", "chrF"),
}  # fmt: skip
"""Type on the hub and name of each metric."""


def model_card(run_dir: RunDir, repo_id: str | None = None) -> str:
    """Return the card of the adapter; `repo_id` is the place on the hub if it is known.

    It holds no text of a conversation and no path of this machine.

    Raises:
        RunDirError: the folder holds no scored run, or a file is damaged.
    """
    files = read_run_files(run_dir)
    name = repo_id.rpartition("/")[2] if repo_id else files.name
    metadata = _metadata(files, name)
    return render_card(
        "model_card.md.jinja", metadata=metadata.to_yaml().strip(), name=name, repo_id=repo_id, files=files,
        config=files.config, base=base_model_id(files.config), gemma=is_gemma(files.config), data=_data(files),
        embedded=files.config.model.name == EMBEDDED, decoding=_decoding(files),
        metrics={key: shown for key, (_, shown) in METRICS.items()},
        verdict=verdict_of(files.scorecard, files.diagnosis), prompt=Prompt.load(run_dir.adapter),
    )  # fmt: skip


def _metadata(files: RunFiles, name: str) -> Any:
    """Return the metadata as huggingface_hub's `ModelCardData`, which checks them."""
    from huggingface_hub import ModelCardData

    config, english = files.config, files.scorecard.signature.rouge_tokens == "rouge-score"
    return ModelCardData(
        model_name=name,
        base_model=base_model_id(config),
        library_name="peft",
        pipeline_tag="summarization",
        license="gemma" if is_gemma(config) else None,
        language="en" if english else None,
        datasets=files.hub_data,
        metrics=sorted({kind for kind, _ in METRICS.values()}),
        tags=["lora", "summarization", "conversations", "sumtune"],
        eval_results=list(_results(files)),
    )


def _results(files: RunFiles) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    scorecard = files.scorecard
    for metric, estimate in scorecard.systems[TUNED].metrics.items():
        kind, shown = METRICS[metric]
        yield EvalResult(
            task_type="summarization",
            dataset_type=files.hub_data or "conversations",
            dataset_name=files.hub_data or _data(files),
            dataset_split=scorecard.signature.split,
            metric_type=kind,
            metric_name=f"{shown} ({_decoding(files)})",
            metric_value=round(estimate.mean, 4),
        )


def _decoding(files: RunFiles) -> str:
    beams = files.scorecard.signature.decoding[TUNED]["beams"]
    return "greedy" if beams == 1 else f"beam {beams}"


def _data(files: RunFiles) -> str:
    """Return a description of the conversations that names no file of the user."""
    if files.config.data.path == EMBEDDED:
        return "conversations embedded in sumtune"
    return files.hub_data or "private conversations"
