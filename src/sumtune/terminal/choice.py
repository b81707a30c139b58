"""What was chosen for a run that must end in time, and why."""

from typing import TYPE_CHECKING

from sumtune.terminal.progress import duration

if TYPE_CHECKING:
    from sumtune.forecast.within import Choice  # which imports PyTorch

__all__ = ["choice_lines"]


def choice_lines(choice: "Choice", within_s: float, examples: int) -> list[str]:
    """Return lines on `choice`, for a run of `within_s` seconds on `examples` training examples."""
    if choice.steps >= choice.planned_steps:
        why = "more is not expected to raise the score, so the run ends early"
    elif choice.read_examples < examples:
        why = f"the time is over when {choice.read_examples / examples:.0%} of the training examples were read"
    else:
        why = "the time is over then"
    lines = [f"CHOSEN TO END WITHIN {duration(within_s)}:"]
    lines.append(f"  Training: {choice.steps} optimizer steps; {why}")
    if choice.evaluation is not None:
        systems = "tuned and base model" if choice.base else "tuned model only, because the base model takes too long"
        search = "greedy, because beams take too long" if choice.beams == 1 else f"beam {choice.beams}"
        lines.append(f"  Evaluation: {choice.scored} of {choice.evaluation.examples} examples, {systems}, {search}")
    return lines
