"""Read a run folder for the diagnosis."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from sumtune.config import AUTO, Config, RougeTokens
from sumtune.data.example import SPLITS
from sumtune.data.example_file import load_jsonl
from sumtune.diagnose.command_lines import CommandLines
from sumtune.diagnose.context import Array, Context, Data, MoreData, Training
from sumtune.diagnose.outputs import Outputs
from sumtune.errors import RunDirError
from sumtune.evaluate.scorecard import BASE, TUNED
from sumtune.evaluate.scorecard_io import read_prediction_rows
from sumtune.files.records import find_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST, changed_since
from sumtune.model.read_lengths import recorded_read_lengths
from sumtune.text.encoded_file import load_encoded
from sumtune.text.prompt import FILE_NAME as PROMPT
from sumtune.text.prompt import Prompt
from sumtune.train.event_log import Event, read_events

__all__ = ["read_outputs", "read_run"]


def read_run(run_dir: RunDir) -> Context:
    """Return the content of the run folder as a `Context`. Writes nothing."""
    config = run_dir.record().get("config", {})
    lengths = _read_lengths(run_dir)
    data = _read_data(run_dir, config, lengths)
    return Context(
        outputs=read_outputs(run_dir, TUNED),
        base=read_outputs(run_dir, BASE),
        training=_read_training(run_dir, config, len(data.splits["train"]) if data else 0, lengths),
        data=data,
        expected=expected_rouge1(run_dir.record()),
        more_data=_more_data(run_dir.record()),
        commands=_command_lines(run_dir, config),
    )


def expected_rouge1(record: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the interval of ROUGE-1 that `run.json` expects; None if it has none."""
    match ((record.get("forecast") or {}).get("expected") or {}).get("rouge1"):
        case [float(low), float(high)]:
            return low, high
    return None


def _more_data(record: Mapping[str, Any]) -> MoreData | None:
    """Return what more data would bring, as `run.json` says; None if it does not."""
    match (record.get("forecast") or {}).get("more_data"):
        case {"examples": int(examples), "mean": float(mean), "low": float(low), "high": float(high)}:
            return MoreData(examples, mean, low, high)
    return None


def _command_lines(run_dir: RunDir, config: Mapping[str, Any]) -> CommandLines:
    path = run_dir.ingestion / MANIFEST
    manifest = find_record(path)
    if manifest is None and path.exists():
        raise RunDirError(f"{path} is damaged: {run_dir.remedy('run')}")
    manifest = manifest or {}
    first: Mapping[str, str] = next(iter(manifest.get("columns", {}).values()), {})
    columns = {role: first[role] for role in ("dialogue", "summary") if role in first}
    try:
        settings = Config.model_validate(config)
    except ValidationError:
        settings = None
    return CommandLines(run_dir=run_dir.root, config=settings, columns=columns)


def read_outputs(run_dir: RunDir, system: str) -> Outputs | None:
    """Return the outputs of `system` in `predictions.jsonl`; None if it was not scored.

    Raises:
        RunDirError: the file is damaged.
    """
    if not run_dir.has(run_dir.evaluation / "predictions.jsonl"):
        return None
    rows = read_prediction_rows(run_dir)
    try:
        return _outputs(rows, system, _rouge_tokens(run_dir))
    except (KeyError, TypeError):
        raise RunDirError(f"The predictions in {run_dir.evaluation} are of another version of sumtune: "
                          f"{run_dir.remedy('evaluate')}") from None  # fmt: skip


def _rouge_tokens(run_dir: RunDir) -> RougeTokens:
    """Return the unit that ROUGE counted in the run; earlier versions always used `rouge-score`."""
    path = run_dir.evaluation / "scores.json"
    if not run_dir.has(path):
        return "rouge-score"
    scores = find_record(run_dir.require(path, "evaluate"))
    if scores is None or not isinstance(signature := scores.get("signature", {}), dict):
        raise RunDirError(f"{path} is damaged: {run_dir.remedy('evaluate')}")
    recorded: Any = signature.get("rouge_tokens")
    return recorded if recorded in get_args(RougeTokens) else "rouge-score"


def _outputs(rows: Sequence[Mapping[str, Any]], system: str, rouge_tokens: RougeTokens) -> Outputs | None:
    if not rows or any(system not in row["systems"] for row in rows):
        return None
    outputs = [row["systems"][system] for row in rows]
    limits = [bool(one["cut_off"]) for one in outputs if one.get("cut_off") is not None]
    return Outputs(
        ids=tuple(row["id"] for row in rows),
        predictions=tuple(one["prediction"] for one in outputs),
        references=tuple(tuple(row.get("references", [row["reference"]])) for row in rows),
        dialogues=tuple(row["dialogue"] for row in rows),
        cut_off=tuple(limits) if len(limits) == len(rows) else None,
        rouge_tokens=rouge_tokens,
    )


def _read_training(
    run_dir: RunDir, config: Mapping[str, Any], examples: int, lengths: tuple[Array, Array] | None
) -> Training | None:
    if changed_since(run_dir.train_metrics) and run_dir.train_metrics.exists():
        raise RunDirError(
            f"{run_dir.train_metrics} has changed since training ended: delete it to diagnose without it."
        )
    events = read_events(run_dir.train_metrics)
    start = next((event for event in events if event["event"] == "start"), None)
    if start is None:
        return None
    if "train" not in config:
        run_dir.require(run_dir.run_json, "run")
        return None
    end = next((event for event in events if event["event"] == "end"), None)
    steps = [event for event in events if event["event"] == "step"]
    validations = [event for event in events if event["event"] == "validation"]
    return Training(
        settings={"train": config["train"], "lora": config["lora"]},
        examples=examples,
        steps_an_epoch=-(-examples // int(config["train"]["effective_batch_size"])),
        total_steps=end["step"] if end is not None else start["total_steps"],  # it may have ended early
        warmup_steps=start["warmup_steps"],
        rates=_column(steps, "learning_rate"),
        losses=_column(steps, "loss"),
        norms=_column(steps, "gradient_norm"),
        steps=_column(steps, "step"),
        validation_steps=_column(validations, "step"),
        validation_losses=_column(validations, "loss"),
        ended=end is not None,
        source_tokens=None if lengths is None else lengths[0],
        label_tokens=None if lengths is None else lengths[1],
        label_limit=(recorded_read_lengths(run_dir) or {}).get("max_target_tokens"),
        parameters=_parameters(run_dir.adapter / "adapter_model.safetensors"),
    )


def _read_lengths(run_dir: RunDir) -> tuple[Array, Array] | None:
    """Return the numbers of source and target tokens of each training example; None if they were not encoded."""
    encoded = run_dir.transformation / "train.safetensors"
    if not run_dir.has(encoded):
        return None
    examples = load_encoded(run_dir.require(encoded, "run"))
    sizes = np.array([(len(example.source), len(example.target)) for example in examples], dtype=np.float64)
    return sizes[:, 0], sizes[:, 1]


def _column(events: Sequence[Event], name: str) -> Array:
    return np.array([event[name] for event in events], dtype=np.float64)


def _parameters(adapter: Path) -> int | None:
    """Return the number of parameters in a safetensors file, from its header; None if it cannot be read."""
    try:
        with safe_open(adapter, framework="numpy") as file:
            return sum(int(np.prod(file.get_slice(name).get_shape())) for name in file.keys())  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def _read_data(run_dir: RunDir, config: Mapping[str, Any], lengths: tuple[Array, Array] | None) -> Data | None:
    files = {name: run_dir.split(name) for name in SPLITS if run_dir.has(run_dir.split(name))}
    splits = {name: list(load_jsonl(run_dir.require(file, "run"))) for name, file in files.items()}
    if "train" not in splits:
        return None
    scored = "test" if "test" in splits else "validation"
    requested, ratio = config.get("model", {}).get("max_source_tokens"), None
    limit = _source_limit(run_dir, requested)
    if lengths is not None and len(lengths[0]) == len(splits["train"]):
        sizes, tokens = np.array([len(example.dialogue) for example in splits["train"]]), np.asarray(lengths[0])
        whole = tokens < (np.inf if limit is None else limit)
        # If every dialogue was truncated, the smallest ratio is closest to the true one.
        ratio = float(sizes[whole].sum() / tokens[whole].sum() if whole.any() else (sizes / tokens).min())
    return Data(splits={name: splits.get(name, ()) for name in SPLITS}, scored=scored, max_source_tokens=limit,
                limited_by_model=_is_limited_by_model(run_dir, limit, requested), characters_a_token=ratio)  # fmt: skip


def _source_limit(run_dir: RunDir, requested: int | str | None) -> int | None:
    """Return how many tokens of a dialogue are read: None for all, in parts; `requested` if the folder does not say."""
    if not run_dir.has(path := run_dir.transformation / PROMPT):
        return requested if isinstance(requested, int) else None
    prompt = Prompt.load(run_dir.require(path, "run").parent)
    return prompt.max_source_tokens if prompt.long == "truncate" else None


def _is_limited_by_model(run_dir: RunDir, limit: int | None, requested: int | str | None) -> bool:
    """Return whether the model cannot read more than `limit` tokens. With `auto`, memory may be the limit instead."""
    if requested == AUTO:
        return bool((recorded_read_lengths(run_dir) or {}).get("limited_by_model", False))
    return limit != requested
