"""Fakes of everything that the training loop needs."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import torch
from torch import nn

from sumtune.config import TrainConfig
from sumtune.text.encode import Encoded
from sumtune.train.checkpoint import TrainState
from sumtune.train.loop import Sample, train
from sumtune.train.master_weights import MasterWeights
from sumtune.train.plateau import Plateau
from sumtune.train.step import Gradient
from sumtune.train.time_limit import TimeLimit
from sumtune.train.training_plan import TrainingPlan


class Fakes:
    """Fakes of everything that `train` needs. They record the order of their calls."""

    def __init__(
        self,
        losses: Callable[[int], float] = lambda _step: 1.0,
        validation: Iterator[float] | None = None,
        budgets: Callable[[int], int] = lambda _step: 64,
        stop_at: int = 10**6,
        **settings: Any,
    ) -> None:
        values = {"epochs": 2, "effective_batch_size": 2, "validate_every_steps": 2, "warmup_steps": 0}
        self.plan = TrainingPlan((4,) * 6, TrainConfig(**(values | settings)))
        self.losses, self.budgets, self.stop_at = losses, budgets, stop_at
        self.validation = validation or iter(count(100.0, -1.0))
        self.parameter = nn.Parameter(torch.zeros(1))
        self.master_weights = MasterWeights({"weight": self.parameter})
        self.optimizer = torch.optim.SGD(self.master_weights.weights.values(), lr=0.0)
        self.order: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.saved: list[TrainState] = []
        self.steps = 0
        self.sample: Sample = lambda _elapsed_s: None
        self.limit = TimeLimit()
        self.plateau: Plateau | None = None

    def compute_gradient(self, examples: list[Encoded], max_tokens: int) -> Gradient:
        assert examples
        self.order.append("gradient")
        self.steps += 1
        loss, budget = self.losses(self.steps), self.budgets(self.steps)
        self.master_weights.weights["weight"].grad = torch.tensor([-loss])
        return Gradient(loss, 8, abs(loss), min(max_tokens, budget))

    def validate(self) -> float:
        self.order.append("validate")
        return next(self.validation)

    def save(self, state: TrainState) -> None:
        self.order.append("save")
        self.saved.append(state)

    def restore(self) -> TrainState:
        self.order.append("go back")
        return self.saved[-1]

    def stop(self) -> bool:
        return self.steps >= self.stop_at

    def report(self, event: dict[str, Any]) -> None:
        self.order.append(event["event"])
        self.events.append(event)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    def run(self, state: TrainState | None = None) -> TrainState:
        self.steps = state.step if state else 0
        return train(
            plan=self.plan, batch=lambda _: [Encoded((1, 2), (3, 4))] * 2, state=state or TrainState(max_tokens=64),
            master_weights=self.master_weights, optimizer=self.optimizer, compute_gradient=self.compute_gradient,
            validate=self.validate, save=self.save, restore=self.restore, should_stop=self.stop, on_event=self.report,
            sample=self.sample, limit=self.limit, plateau=self.plateau,
        )  # fmt: skip
