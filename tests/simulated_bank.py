"""A bank of runs around the figures of the made-up conversations of `tiny`."""

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast.finished_runs import model_key
from sumtune.forecast.score_bank import BankRow

DATA_SETS = "abcd"
SIZES = (10, 20, 40, 80, 160, 320, 640)
EASY = {"dialogue_words": 20.0, "summary_words": 9.0, "base_loss": 4.0, "novel_bigrams": 0.75}


def simulated_bank(model: str, final: float = 0.4) -> tuple[BankRow, ...]:
    """Runs on the base model `model`; a doubling of the examples adds 0.01 to scores of about `final`."""
    rows = []
    for place, data in enumerate(DATA_SETS):
        scores = {f"{name}_{metric}": 0.55 + 0.02 * place for metric in ROUGE_METRICS
                  for name in ("lead_3", "longest_3", "held_out_longest_3", "pilot_1", "pilot_2")}  # fmt: skip
        easy = {name: value * (1 + place / 50) for name, value in EASY.items()}
        known = {"scored": 6.0, "held_out": 18.0, "learning_rate": 0.01, "all_linear": 1.0, "beams": 1.0, **scores,
                 "pilot_1_loss": 5.0, "pilot_2_loss": 5.0, **easy}  # fmt: skip
        for examples in SIZES:
            epochs = 1 + (examples > 40)
            amount = {"examples": float(examples), "epochs": float(epochs), "steps": float(examples * epochs)}
            finals = {f"final_{metric}": final + 0.01 * examples.bit_length() for metric in ROUGE_METRICS}
            rows.append(BankRow(data, model_key(model), known | amount | finals))
    return tuple(rows)
