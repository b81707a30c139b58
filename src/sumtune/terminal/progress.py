"""Progress of training and generation: a bar in a terminal, lines in a log."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sumtune.summarizer import OnProgress
from sumtune.train.event_log import Event, EventCallback
from sumtune.train.plateau import LEAST_GAIN

__all__ = ["METRIC_NAMES", "duration", "generation_progress", "training_progress"]

METRIC_NAMES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L", "rougeLsum": "ROUGE-Lsum"}
BAR_WIDTH = 50
"""Columns for the name, the bar, the number of steps and the times."""
LINE_EVERY_STEPS = 10
LINE_EVERY_S = 60
SMOOTHED_STEPS = 20
"""Optimizer steps over which the displayed loss and speed are averaged."""


def duration(seconds: float) -> str:
    """Return seconds in words.

    >>> duration(42), duration(2710), duration(7325)
    ('42 s', '45 min', '2 h 02 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def training_progress(console: Console, expected_rouge1: tuple[float, float] | None = None) -> Iterator[EventCallback]:
    """Yield a callback that shows training events until the context ends.

    `expected_rouge1` is the interval that is expected at the end of the run.
    """
    now = _Now(expected_rouge1)
    if not console.is_terminal:
        yield _LogReporter(console, now)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
        yield _BarReporter(console, bar, now)


class _Now:
    """Loss and speed over the last optimizer steps, and the newest scores of sampled summaries."""

    def __init__(self, expected_rouge1: tuple[float, float] | None) -> None:
        self._recent: deque[Event] = deque(maxlen=SMOOTHED_STEPS)
        low_and_high = "" if expected_rouge1 is None else "–".join(f"{end:.2f}" for end in expected_rouge1)
        self._expected = f" (expected {low_and_high} at the end)" if low_and_high else ""
        self._sampled: Event | None = None

    def add(self, event: Event) -> None:
        """Add an optimizer step or the scores of sampled summaries."""
        if event["event"] == "step":
            self._recent.append(event)
        elif event["event"] == "sampled":
            self._sampled = event

    @property
    def loss(self) -> float:
        return sum(float(event["loss"]) for event in self._recent) / len(self._recent)

    @property
    def tokens_per_s(self) -> float:
        tokens = sum(int(event["tokens"]) for event in self._recent)
        return tokens / sum(float(event["seconds"]) for event in self._recent)

    @property
    def rouge(self) -> str:
        """The newest ROUGE-1; empty if no summaries were sampled yet."""
        return "" if self._sampled is None else f"ROUGE-1 {self._sampled['rouge1']:.2f}"

    @property
    def expected(self) -> str:
        """What is expected of ROUGE-1 at the end, in brackets after a space; empty if that is not known."""
        return self._expected if self._sampled is not None else ""

    def sampled(self, event: Event) -> str:
        """Return the line for sampled summaries."""
        first, *others = (f"{name} {event[key]:.3f}" for key, name in METRIC_NAMES.items())
        scores = ", ".join([first + self._expected, *others])
        return f"Sampled at step {event['step']} | {event['examples']} validation summaries, greedy: {scores}"


class _LogReporter:
    """Training events as plain lines."""

    def __init__(self, console: Console, now: _Now) -> None:
        self._console = console
        self._now = now
        self._start: Event = {}
        self._first: Event = {}

    def __call__(self, event: Event) -> None:
        self._now.add(event)
        if event["event"] == "start":
            self._start = event
            if "stage" in event:
                self._console.print(f"Training: {event['stage']}", highlight=False)
        elif event["event"] == "step":
            self._step(event)
        elif event["event"] == "sampled":
            self._console.print(self._now.sampled(event), highlight=False, soft_wrap=True)
        elif (message := _message(event, self._start)) is not None:
            self._console.print(message, highlight=False, soft_wrap=True, markup=False)

    def _step(self, event: Event) -> None:
        self._first = self._first or event
        step, total = event["step"], _total_steps(event, self._start)
        if step % LINE_EVERY_STEPS and step != total:
            return
        since = event["elapsed_s"] - self._first["elapsed_s"]
        left = since / max(1, step - self._first["step"]) * (total - step)
        rouge = f" | {self._now.rouge}{self._now.expected}" if self._now.rouge else ""
        self._console.print(
            f"Step {step}/{total} | Loss: {self._now.loss:.2f}{rouge} | Learning Rate: {event['learning_rate']:.1e} | "
            f"{self._now.tokens_per_s:.0f} tokens/s | {duration(left)} left",
            highlight=False,
            soft_wrap=True,
        )


class _BarReporter:
    """Training events as a progress bar, with messages above it."""

    def __init__(self, console: Console, bar: Progress, now: _Now) -> None:
        self._console = console
        self._bar = bar
        self._now = now
        self._start: Event = {}

    def __call__(self, event: Event) -> None:
        self._now.add(event)
        if event["event"] == "start":
            self._start = event
            name = str(event.get("stage", "training")).capitalize()
            self._task = self._bar.add_task(name, total=event["total_steps"], completed=event["step"], now="")
        elif event["event"] == "step":
            total = _total_steps(event, self._start)
            self._bar.update(self._task, completed=event["step"], total=total, now=self._line(event))
        elif event["event"] == "sampled":
            self._console.print(self._now.sampled(event), highlight=False, markup=False)
        elif (message := _message(event, self._start)) is not None:
            self._console.print(message, highlight=False, markup=False)

    def _line(self, event: Event) -> str:
        """Return loss, ROUGE-1, learning rate and speed, as much of it as leaves room for the bar."""
        loss, rouge = f"loss {self._now.loss:.2f}", self._now.rouge
        rate, speed = f"lr {event['learning_rate']:.1e}", f"{self._now.tokens_per_s:.0f} tok/s"
        if not rouge:
            return " · ".join([loss, rate, speed])
        every = [(loss, rouge + self._now.expected, rate, speed), (loss, rouge, rate, speed), (loss, rouge, speed)]
        lines = [" · ".join(parts) for parts in every]
        return next((line for line in lines if len(line) + BAR_WIDTH <= self._console.width), lines[-1])


def _total_steps(step: Event, start: Event) -> int:
    """Return the number of optimizer steps: those of the plan, or with a time limit those that will fit into it."""
    share, total = step.get("time_share", 0.0), int(start["total_steps"])
    return max(step["step"], min(total, round(step["step"] / share))) if share else total


def _message(event: Event, start: Event) -> str | None:
    """Return the line for an event other than a step; None if it has none."""
    if event["event"] == "epoch":
        return f"Epoch {event['epoch']}/{start['epochs']} completed | Eval Loss: {event['loss']:.2f}"
    if event["event"] == "validation":
        mark = " (best so far)" if event["best"] else ""
        return f"Validation at step {event['step']} | Eval Loss: {event['loss']:.3f}{mark}"
    if event["event"] == "early_end":
        return (
            f"Training ends early, at step {event['step']}: ROUGE-1 of the sampled summaries is expected to rise by "
            f"less than {LEAST_GAIN} until the end (at most {max(0.0, event['gain']):.4f}). This saves about "
            f"{duration(event['saved_s'])}, {1 - event['progress']:.0%} of the training."
        )
    if event["event"] == "warning":
        return f"Warning: {event['message']}"
    if event["event"] == "end":
        best = f"the lowest Eval Loss was {event['best_loss']:.3f}, at step {event['best_step']}"
        return f"Training took {duration(event['elapsed_s'])}; {best}."
    return None


@contextmanager
def generation_progress(console: Console, step: str, total: int) -> Iterator[OnProgress]:
    """Yield a callback that counts how many of `total` dialogues are finished in the step called `step`.

    A terminal shows a bar. A log gets a line after each quarter of the dialogues, and one when more than a minute has
    passed since the last line.
    """
    done, printed_at = 0.0, time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(step, total=total)

        def advance(count: float) -> None:
            nonlocal done, printed_at
            before, done = done, round(done + count, 6)  # rounded, because thirds do not add up to one
            bar.update(task, completed=done)
            quarter, now = done * 4 // total > before * 4 // total, time.monotonic()
            if not console.is_terminal and (quarter or now > printed_at + LINE_EVERY_S):
                printed_at = now
                console.print(f"{step}: {int(done)}/{total} ({done / total:.0%})", highlight=False)

        yield advance
