"""What to try next, each beside the run that it is compared with."""

from pathlib import Path

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.origin import FILE, MODEL
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.subject import Subject

__all__ = ["larger_model", "more_data", "score_with_sumtune"]


def more_data(finding: Finding, subject: Subject) -> Remedy:
    """More examples where they are known to help; else a run on half of them, which tells whether they would."""
    origin = subject.origin
    if not finding.sure and origin.config is not None and origin.run_dir is not None:
        half = origin.beside("half")
        changes = {"data.train_share": origin.config.data.train_share / 2}
        return Remedy(
            "measure it: train on half of the examples, and compare",
            (origin.run_in(half, changes), origin.compare(half, origin.run_dir)),
        )
    more, old = origin.beside("more"), origin.run_dir
    run = origin.run_in(more, origin.on_mended_data)
    if old is not None and Path(origin.data).is_dir():
        text = "add conversations to the training split alone, so that both runs are scored on the same ones"
        return Remedy(text, (run, origin.compare(old, more)))
    return Remedy("add conversations to the data", (run,))


def larger_model(_finding: Finding, subject: Subject) -> Remedy:
    """Try one."""
    origin = subject.origin
    larger = origin.beside("larger")
    compare = () if origin.run_dir is None else (origin.compare(origin.run_dir, larger),)
    return Remedy("try a larger base model, and compare", (origin.run_in(larger, {"model.name": MODEL}), *compare))


def score_with_sumtune(_finding: Finding, subject: Subject) -> Remedy:
    """Tune on the same data, which measures what more data or training would bring."""
    origin = subject.origin
    text = "tune on the same data, which measures what is missing"
    return Remedy(text, (origin.run_in(origin.beside("tuned"), {"data.path": FILE}),))
