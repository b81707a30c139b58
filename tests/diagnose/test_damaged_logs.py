"""A damaged log of another tool is read as far as it goes, or refused with a message; it never ends in a traceback."""

import json
import random
from contextlib import suppress

import pytest

from sumtune.diagnose.diagnose_stage import diagnose_training_log
from sumtune.errors import SumtuneError

JUNK = [None, "", [], {}, -1, 0, float("nan"), float("inf"), "x", True, [{}], "10", 10**400]
LOSSES = [
    {"step": step, "loss": 2 - step / 200, "learning_rate": 2e-4, "epoch": step / 60} for step in range(10, 120, 10)
]
STATE = {
    "log_history": [
        *LOSSES,
        {"step": 110, "eval_loss": 1.4},
        {"train_runtime": 80.0, "train_samples_per_second": 5.0, "step": 110},
    ],
    "max_steps": 110, "num_train_epochs": 2, "global_step": 110,
}  # fmt: skip
ADAPTER = {"r": 8, "lora_alpha": 16}


def damaged(value, chance):
    """Return `value` with one part replaced by junk."""
    if isinstance(value, dict | list) and value and chance.random() < 0.8:
        key = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
        changed = value.copy()
        changed[key] = damaged(value[key], chance)
        return changed
    return chance.choice(JUNK)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_state_of_a_trainer_makes_no_traceback(tmp_path, seed):
    chance = random.Random(seed)
    for _ in range(40):
        state, adapter = damaged(damaged(STATE, chance), chance), damaged(ADAPTER, chance)
        (tmp_path / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
        (tmp_path / "adapter_config.json").write_text(json.dumps(adapter), encoding="utf-8")
        with suppress(SumtuneError):
            diagnose_training_log(tmp_path)
