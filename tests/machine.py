"""A machine on which models learn and write by formula in no time; all else of sumtune is real.

Commands go through the command line: data are read, checked, split and encoded, records and scores are written. Only
the tensors are missing: losses come from `Machine.loss` and `Machine.validation`, summaries from `Machine.write`.
"""

import gc
import json
import shlex
from types import SimpleNamespace

import numpy as np
from planted import curve, synthetic
from typer.testing import CliRunner

from sumtune import cli
from sumtune.summarizer import Completion
from sumtune.text.batching import spread
from sumtune.text.encode import load_encoded
from sumtune.train import session as training
from sumtune.train.checkpoint import TrainState
from sumtune.train.plan import Plan


def write_rows(path, examples):
    """`examples` as JSONL."""
    rows = ({"dialogue": one.dialogue, "summary": one.summary} for one in examples)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


class Machine:
    """Replaces training and generation for the length of a test."""

    def __init__(self, patch):
        self.loss = None
        """From settings, plan and optimizer step to the training loss; None falls as it should."""
        self.validation = None
        """The same for the validation loss."""
        self.norm = 1.0
        """Gradient norm of every optimizer step."""
        self.write = lambda dialogue, tuned: dialogue.splitlines()[0 if tuned else -1]
        """From a dialogue and whether an adapter is on to the summary."""
        self.cut_off = False
        self.trained, self.generated = 0, 0
        """How often a model was trained, and how often an engine wrote."""
        self.decoded = []
        """Decoding settings and device of every summarizer of an adapter, in the order they were made."""
        self._replace(patch)

    def _replace(self, patch):
        from sumtune.commands import run as pipeline
        from sumtune.decode import build
        from sumtune.evaluate import scorecard
        from sumtune.evaluate import stage as evaluate_stage
        from sumtune.evaluate.bootstrap import interval
        from sumtune.forecast.forecast import Forecast

        patch.setattr(training, "prepare", self._prepare)
        patch.setattr(training, "run", self._train)
        patch.setattr(pipeline, "fitted", lambda session, _peak: session)
        patch.setattr(pipeline, "known_peak", lambda _session: None)
        patch.setattr(pipeline, "evaluation_seconds", lambda *_: 1.0)
        patch.setattr(pipeline, "forecast", lambda _session, seconds: Forecast(1.0, seconds, 1, 1))
        patch.setattr(pipeline, "learn", lambda *_: None)
        patch.setattr(pipeline, "announcement", lambda *_: "")
        patch.setattr(gc, "collect", lambda: 0)
        patch.setattr(evaluate_stage, "build_summarizer", self._build)
        patch.setattr(build, "build_summarizer", self._build)
        patch.setattr(scorecard, "interval", lambda values, generator: interval(values, generator, 20))

    def prepare_data(self, folder, train=24, scored=6):
        """Files of splits in `folder` with made-up conversations."""
        folder.mkdir(exist_ok=True)
        starts = {"train": (0, train), "validation": (5000, 8), "test": (6000, scored)}
        for split, (start, count) in starts.items():
            write_rows(folder / f"{split}.jsonl", [synthetic(number) for number in range(start, start + count)])
        return folder

    def sumtune(self, command):
        """What the command line prints for `command`, a text or a list; it must end well."""
        arguments = shlex.split(command)[1:] if isinstance(command, str) else list(map(str, command))
        result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        return result.output

    def _prepare(self, config, run_dir, _precision=""):
        examples = load_encoded(run_dir.transformation / "train.safetensors")
        held_out = load_encoded(run_dir.transformation / "validation.safetensors")
        return SimpleNamespace(
            config=config, run_dir=run_dir, precision=SimpleNamespace(name="fp32"), max_tokens=1536,
            fingerprint=training.training_fingerprint(config, run_dir),
            plan=Plan(tuple(example.length for example in examples), config.train),
            validation=spread([example.length for example in held_out], config.train.validation_examples),
        )  # fmt: skip

    def _train(self, session, report, resume=False):
        assert not resume
        self.trained += 1
        run_dir, plan = session.run_dir, session.plan
        training._clear(run_dir)
        losses, validations = self._losses(session.config, plan)
        events = [{"event": "start", "step": 0, "total_steps": plan.total_steps, "epochs": plan.settings.epochs,
                   "steps_per_epoch": plan.steps_per_epoch, "warmup_steps": plan.warmup_steps}]  # fmt: skip
        for step in range(plan.total_steps + 1):
            if plan.validates_at(step):
                events.append({"event": "validation", "step": step, "loss": validations(step)})
            if step < plan.total_steps:
                events.append(self._step(plan, step, losses(step)))
        events.append({"event": "end", "step": plan.total_steps, "best_step": 0, "best_loss": 0.0, "elapsed_s": 1.0})
        run_dir.train_metrics.parent.mkdir(parents=True, exist_ok=True)
        run_dir.train_metrics.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        state = TrainState(step=plan.total_steps, elapsed_s=1.0, fingerprint=session.fingerprint)
        training._publish(session, self._checkpoint(session), state)
        return state

    def _losses(self, config, plan):
        training_loss, validation_loss = curve(plan)
        loss = self.loss and (lambda step: float(self.loss(config, plan, step)))
        validation = self.validation and (lambda step: float(self.validation(config, plan, step)))
        return loss or training_loss, validation or validation_loss

    def _step(self, plan, step, loss):
        noise = float(np.random.default_rng(step).lognormal(0, 0.05))
        return {"event": "step", "step": step + 1, "tokens": 500, "seconds": 1.0, "elapsed_s": 1.0,
                "loss": loss * noise, "gradient_norm": self.norm,
                "learning_rate": plan.learning_rate(step)}  # fmt: skip

    def _checkpoint(self, session):
        """An adapter of the wanted rank: one matrix, whose content is how often something was trained."""
        from safetensors.numpy import save_file

        folder = session.run_dir.trainer / f"checkpoint-{session.plan.total_steps}"
        folder.mkdir(parents=True)
        rank = session.config.lora.rank
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank}), encoding="utf-8")
        save_file(
            {"q.lora_A.weight": np.full((rank, 8), self.trained, np.float32)}, folder / "adapter_model.safetensors"
        )
        return folder

    def _build(self, _source, adapter, _prompt, decode, device="auto", _encoder=None):
        settings = decode.model_dump() | {"device": device}
        if adapter is not None:
            self.decoded.append(settings)
        return Written(self, adapter is not None, settings)


class Written:
    """What `Machine.write` says."""

    engine, setup_s = "made up", 0.0

    def __init__(self, machine, tuned, settings):
        self._machine, self._tuned, self.decoding = machine, tuned, settings

    def summarize(self, dialogues, progress=None, max_tokens=None):
        self._machine.generated += 1
        texts = [self._machine.write(dialogue, self._tuned) for dialogue in dialogues]
        return [Completion(text, len(text.split()), self._machine.cut_off) for text in texts]
