from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from sumtune.text.encode import Encoded
from sumtune.train.master_weights import MasterWeights
from sumtune.train.step import Gradient, is_out_of_memory, mean_loss, step_gradient

EXAMPLES = [Encoded(tuple(range(size)), tuple(range(1, size // 4))) for size in (40, 12, 24, 9, 33)]
OOM = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"


class Toy:
    """A loss over one weight vector, with dropout like `SummaryLoss` and memory for a number of padded tokens."""

    def __init__(self, memory: int = 10**9, error: Exception | None = None) -> None:
        self.weight = nn.Parameter(torch.linspace(-1, 1, 8))
        self.master_weights = MasterWeights({"weight": self.weight})
        self.generator = torch.Generator().manual_seed(0)
        self.memory, self.error = memory, error or RuntimeError(OOM)
        self.calls, self.dropout = 0, True

    def __call__(self, examples: Sequence[Encoded]) -> tuple[Tensor, int]:
        self.calls += 1
        self.drawn = torch.rand(1, generator=self.generator).item()
        if len(examples) * max(example.length for example in examples) > self.memory:
            raise self.error
        kept = self.weight * (0.5 + self.drawn if self.dropout else 1)
        losses = [(kept * torch.arange(8.0) * example.length / 9).sin().sum() for example in examples]
        return torch.stack(losses).sum(), sum(len(example.target) for example in examples)

    def step(self, max_tokens: int, max_norm: float = 1e9, planned: int = 10**6) -> tuple[Gradient, Tensor]:
        found = step_gradient(self, EXAMPLES, self.master_weights, self.generator, planned, max_tokens, max_norm)
        return found, self.master_weights.weights["weight"].grad


def test_the_gradient_is_of_the_mean_over_all_summary_tokens() -> None:
    toy = Toy()
    found, gradient = toy.step(10**6)
    toy.generator.manual_seed(0)
    total, count = toy(EXAMPLES)
    (expected,) = torch.autograd.grad(total / count, toy.weight)
    torch.testing.assert_close(gradient, expected)
    assert found.loss == pytest.approx((total / count).item())
    assert found.norm == pytest.approx(expected.norm().item())
    assert found.tokens == sum(example.length for example in EXAMPLES)
    assert toy.weight.grad is None, "nothing stays behind in the model"


def test_clipping_keeps_the_direction() -> None:
    _, free = Toy().step(10**6)
    found, clipped = Toy().step(10**6, max_norm=0.01)
    assert clipped.norm().item() == pytest.approx(0.01, rel=1e-3)
    torch.testing.assert_close(clipped / clipped.norm(), free / free.norm())
    assert found.norm == pytest.approx(free.norm().item()), "the norm is from before clipping"


@pytest.mark.parametrize("planned", [1024, 90])
@pytest.mark.parametrize("memory", [200, 100, 50])
@pytest.mark.parametrize("error", [RuntimeError(OOM), MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_out_of_memory_halves_and_changes_nothing(planned: int, memory: int, error: Exception) -> None:
    _, expected = Toy().step(planned, planned=planned)
    tight = Toy(memory, error)
    found, gradient = tight.step(planned, planned=planned)
    torch.testing.assert_close(gradient, expected)
    assert found.max_tokens in {planned >> halvings for halvings in range(6)}
    assert found.max_tokens <= 2 * memory


@pytest.mark.parametrize("max_tokens", [1024, 90, 50, 30, 8])
@pytest.mark.parametrize("planned", [1024, 90])
def test_memory_changes_only_the_number_of_parts(planned: int, max_tokens: int) -> None:
    whole, parts = Toy(), Toy()
    (found, gradient), (expected, undivided) = (
        parts.step(max_tokens, planned=planned),
        whole.step(10**6, planned=planned),
    )
    torch.testing.assert_close(gradient, undivided)
    assert found.loss == pytest.approx(expected.loss)
    assert torch.equal(parts.generator.get_state(), whole.generator.get_state())
    assert parts.calls >= whole.calls


def test_out_of_memory_leaves_the_random_state_of_an_uninterrupted_step() -> None:
    tight, roomy = Toy(memory=100), Toy()
    tight.step(1024)
    roomy.step(1024)
    assert tight.calls > roomy.calls
    assert torch.equal(tight.generator.get_state(), roomy.generator.get_state())
    assert tight.drawn == roomy.drawn


def test_if_one_example_does_not_fit_the_error_is_raised() -> None:
    with pytest.raises(RuntimeError, match="can't allocate"):
        Toy(memory=5).step(1024)


def test_other_errors_are_not_mistaken_for_out_of_memory() -> None:
    toy = Toy(memory=50, error=RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        toy.step(1024)
    assert toy.calls == 1
    assert not is_out_of_memory(ValueError("index out of range"))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_non_finite_loss_is_detected(bad: float) -> None:
    toy = Toy()
    assert toy.step(10**6)[0].finite
    toy.weight.data[3] = bad
    toy.master_weights.clear_gradients()
    assert not toy.step(10**6)[0].finite


def test_mean_loss_computes_no_gradient() -> None:
    toy = Toy()
    toy.dropout = False
    total, count = toy(EXAMPLES)
    for max_tokens in (1, 100, 10**6):
        assert mean_loss(toy, EXAMPLES, max_tokens) == pytest.approx((total / count).item(), rel=1e-5)
    assert toy.weight.grad is None


def test_master_weights_take_updates_that_bf16_would_lose() -> None:
    parameter, alone = (nn.Parameter(torch.ones(4, dtype=torch.bfloat16)) for _ in range(2))
    master_weights = MasterWeights({"weight": parameter})
    optimizer = torch.optim.SGD(master_weights.weights.values(), lr=1e-4)
    for _ in range(200):
        parameter.grad = torch.full_like(parameter, -1.0)
        master_weights.accumulate_gradients()
        optimizer.step()
        master_weights.clear_gradients()
        master_weights.copy_to_model()
        alone.data += 1e-4
    assert alone[0].item() == 1.0
    torch.testing.assert_close(master_weights.weights["weight"], torch.full((4,), 1.02))
    assert parameter.dtype == torch.bfloat16
    assert torch.equal(parameter, master_weights.weights["weight"].bfloat16())


def test_master_weights_sum_gradients_in_float32() -> None:
    parameter = nn.Parameter(torch.zeros(1, dtype=torch.bfloat16))
    master_weights = MasterWeights({"weight": parameter})
    for gradient in [256.0] + [0.5] * 8:
        parameter.grad = torch.tensor([gradient], dtype=torch.bfloat16)
        master_weights.accumulate_gradients()
        assert parameter.grad is None
    assert master_weights.gradients()[0].item() == 260.0
    master_weights.clear_gradients()
    assert master_weights.gradients() == []


def test_loaded_master_weights_are_copies_and_reach_the_model() -> None:
    parameter = nn.Parameter(torch.zeros(2, dtype=torch.bfloat16))
    master_weights, given, average = (
        MasterWeights({"weight": parameter}),
        torch.tensor([0.1, 0.2]),
        torch.tensor([0.3, 0.4]),
    )
    master_weights.load({"weight": given}, {"weight": average})
    given += 1
    average += 1
    torch.testing.assert_close(master_weights.weights["weight"], torch.tensor([0.1, 0.2]))
    torch.testing.assert_close(master_weights.average["weight"], torch.tensor([0.3, 0.4]))
    assert torch.equal(parameter, torch.tensor([0.1, 0.2]).bfloat16())


def test_the_average_is_the_exponential_mean_and_shows_only_inside_its_context() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    master_weights, values, decay = MasterWeights({"weight": parameter}), [1.0, 5.0, -2.0], 0.8
    expected = 0.0
    for value in values:
        master_weights.weights["weight"].fill_(value)
        master_weights.copy_to_model()
        master_weights.update_average(decay)
        expected = decay * expected + (1 - decay) * value
    with master_weights.averaged():
        assert parameter.item() == pytest.approx(expected)
    assert parameter.item() == values[-1]
