"""A machine on which models learn and write by formula in no time; all else of sumtune is real.

Commands go through the command line: data are read, checked, split and encoded, records and scores are written. Only
the tensors are missing: losses come from `Machine.loss` and `Machine.validation`, summaries from `Machine.write`.
"""

import gc
import json
import os
import shlex
from dataclasses import asdict, dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from planted import curve, synthetic
from typer.testing import CliRunner

from sumtune import cli
from sumtune.evaluate import scorecard
from sumtune.files.records import write_record
from sumtune.files.stage_manifest import write_manifest
from sumtune.model import cached_tokenizer, tokenizer
from sumtune.summarizer import Completion
from sumtune.text.encoded_file import load_encoded
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.final_adapter import save_final_adapter, training_fingerprint
from sumtune.train.process_group import ALONE, Group
from sumtune.train.training_plan import TrainingPlan

NOISE = np.random.default_rng(0).lognormal(0, 0.05, 10_000)
"""What training losses are multiplied by, by optimizer step."""

SCORE_ONE = cache(scorecard._score_one)
"""Runs of many tests have the same baselines and the same predictions."""
LOAD_TOKENIZER = cache(cached_tokenizer.load_cached)


@cache
def ids_of(tokenizer, text, add_special_tokens):
    return tokenizer._raw.encode(text, add_special_tokens=add_special_tokens).ids


def tokenize(tokenizer, text, add_special_tokens=True):
    """What `CachedTokenizer` does, for texts that it has seen without work: many runs have the same dialogues."""
    if isinstance(text, str):
        return SimpleNamespace(input_ids=list(ids_of(tokenizer, text, add_special_tokens)))
    return SimpleNamespace(input_ids=[list(ids_of(tokenizer, one, add_special_tokens)) for one in text])


@dataclass(frozen=True)
class Session:
    """What is left of a session without a model."""

    config: Any
    run_dir: Any
    plan: TrainingPlan
    fingerprint: str
    precision: Any = field(default_factory=lambda: SimpleNamespace(name="fp32"))
    kernels: str | None = None
    max_tokens: int = 1536
    group: Group = ALONE
    trainable_parameters: int = 1
    loss_fn: Any = field(default_factory=lambda: SimpleNamespace(device=SimpleNamespace(type="cpu")))


def write_rows(path, examples):
    """`examples` as JSONL."""
    rows = ({"dialogue": one.dialogue, "summary": one.summary} for one in examples)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def prepare_data(folder, train=24, scored=6):
    """Files of splits in `folder` with made-up conversations."""
    folder.mkdir(exist_ok=True)
    for split, (start, count) in {"train": (0, train), "validation": (5000, 8), "test": (6000, scored)}.items():
        write_rows(folder / f"{split}.jsonl", [synthetic(number) for number in range(start, start + count)])
    return folder


class Machine:
    """Replaces training and generation for the length of a test."""

    def __init__(self, patch):
        self.loss = self.validation = None
        """From settings and optimizer step to training and validation loss; None falls as it should."""
        self.norm = lambda _config: 1.0
        """From settings to the gradient norm of every optimizer step."""
        self.columns = 8
        """Numbers in the adapter for each of its ranks."""
        self.write = lambda dialogue, tuned, _settings: dialogue.splitlines()[0 if tuned else -1]
        """From a dialogue, whether an adapter is on, and the decoding settings to the summary."""
        self.config = None
        """Settings of what was trained last."""
        self.trained = self.generated = 0
        """How often a model was trained, and how often an engine wrote."""
        self.decoded = []
        """Decoding settings and device of every summarizer of an adapter, in the order they were made."""
        self._replace(patch)

    def _replace(self, patch):
        from sumtune.commands import plan, train
        from sumtune.decode import build
        from sumtune.evaluate import evaluate_stage
        from sumtune.evaluate.bootstrap import interval
        from sumtune.forecast.evaluation import EvaluationCosts
        from sumtune.forecast.expected_scores import beforehand
        from sumtune.forecast.forecast import Forecast

        patch.setattr(training, "prepare", self._prepare)
        patch.setattr(training, "run", self._train)
        patch.setattr(train, "fit_to_memory", lambda session, _peak: session)
        patch.setattr(train, "cached_peak_bytes", lambda _session: None)
        patch.setattr(train, "evaluation_costs", lambda *_: EvaluationCosts(1, setup_s=0.0, example_s=1.0))
        patch.setattr(train, "forecast", lambda _session, seconds, _candidates: Forecast(1.0, seconds, 1, 1))
        patch.setattr(plan, "_timed", lambda *_: (Forecast(1.0, 1.0, 1, 1), None))
        patch.setattr(plan, "beforehand", lambda config, run_dir, *_: beforehand(config, run_dir))
        patch.setattr(train, "choose_within", lambda session, *_: (session, Forecast(1.0, 1.0, 1, 1), None))
        patch.setattr(train, "calibrate", lambda *_: None)
        patch.setattr(train, "announcement", lambda *_: "")
        patch.setattr(gc, "collect", lambda: 0)
        patch.setattr(os, "fsync", lambda _file: None)
        patch.setattr(evaluate_stage, "build_for_any_length", self._build)
        patch.setattr(build, "build_summarizer", self._build)
        patch.setattr(scorecard, "_score_one", SCORE_ONE)
        patch.setattr(tokenizer, "load_cached", LOAD_TOKENIZER)
        patch.setattr(cached_tokenizer.CachedTokenizer, "__call__", tokenize)
        patch.setattr(scorecard, "interval", lambda values, generator: interval(values, generator, 20))

    def sumtune(self, command):
        """What the command line prints for `command`, a text or a list; it must end well."""
        arguments = shlex.split(command)[1:] if isinstance(command, str) else list(map(str, command))
        result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        return result.output

    def _prepare(self, config, run_dir, _precision=""):
        examples = load_encoded(run_dir.transformation / "train.safetensors")
        plan = TrainingPlan(tuple(example.length for example in examples), config.train)
        return Session(config, run_dir, plan, training_fingerprint(config, run_dir))

    def _train(self, session, report, resume=False, _sample=None):
        assert not resume
        self.trained, self.config = self.trained + 1, session.config
        log = session.run_dir.train_metrics
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(json.dumps(event) + "\n" for event in self._events(session)), encoding="utf-8")
        state = TrainState(
            step=session.plan.total_steps, elapsed_s=1.0, fingerprint=session.fingerprint, precision="fp32"
        )
        self._checkpoint(session, state)
        save_final_adapter(session.config, session.run_dir, state)
        return state

    def _events(self, session):
        config, plan = session.config, session.plan
        loss, validation = curve(plan)
        if self.loss:
            loss = lambda step: self.loss(config, step)  # noqa: E731
        if self.validation:
            validation = lambda step: self.validation(config, step)  # noqa: E731
        yield {"event": "start", "step": 0, "total_steps": plan.total_steps, "epochs": plan.settings.epochs,
               "steps_per_epoch": plan.steps_per_epoch, "warmup_steps": plan.warmup_steps}  # fmt: skip
        for step in range(plan.total_steps + 1):
            if plan.validates_at(step):
                yield {"event": "validation", "step": step, "loss": float(validation(step))}
            if step < plan.total_steps:
                yield {"event": "step", "step": step + 1, "tokens": 500, "seconds": 1.0, "elapsed_s": 1.0,
                       "loss": float(loss(step) * NOISE[step]), "gradient_norm": self.norm(config),
                       "learning_rate": plan.learning_rate(step)}  # fmt: skip
        yield {"event": "end", "step": plan.total_steps, "best_step": 0, "best_loss": 0.0, "elapsed_s": 1.0}

    def _checkpoint(self, session, state):
        """An adapter of the wanted rank, its content how often something was trained."""
        from safetensors.numpy import save_file

        folder = session.run_dir.trainer / f"checkpoint-{session.plan.total_steps}"
        folder.mkdir(parents=True)
        rank = session.config.lora.rank
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank}), encoding="utf-8")
        weights = {"q.lora_A.weight": np.full((rank, self.columns), self.trained, np.int8)}
        save_file(weights, folder / "adapter_model.safetensors")
        write_record(folder / "state.json", asdict(state))
        write_manifest(folder, {})

    def _build(self, _source, adapter, _prompt, decode, device="auto", _encoder=None, _explain=None):
        settings = decode.model_dump() | {"device": device}
        if adapter is not None:
            self.decoded.append(settings)
        return Written(self, adapter is not None, settings)


class Written:
    """What `Machine.write` says."""

    engine, setup_s = "made up", 0.0

    def __init__(self, machine, tuned, settings):
        self._machine, self._tuned, self.decoding = machine, tuned, settings | {"number_format": "none"}

    def with_beams(self, beams):
        return Written(self._machine, self._tuned, self.decoding | {"beams": beams})

    def batch_size(self, source_tokens):
        return 8

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        self._machine.generated += 1
        texts = [self._machine.write(dialogue, self._tuned, self.decoding) for dialogue in dialogues]
        return [Completion(text, len(text.split()), False) for text in texts]
