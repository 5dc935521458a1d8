"""What heads say: checked against SciPy and scoringrules, finite for any numbers, and the rung's at zero."""

from collections.abc import Callable

import numpy as np
import pytest
import scoringrules
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from cryptoforecast import Head, Mixture, Normal, Quantiles, StudentT, UserError
from cryptoforecast.models.heads.base import Base
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.standard import t_log_density
from cryptoforecast.quantiles import LEVELS, crps

HEADS: dict[str, Callable[[], Head]] = {
    "Normal": lambda: Normal(relative_to="none"),
    "StudentT": lambda: StudentT(relative_to="none"),
    "StudentT that is centred": lambda: StudentT(relative_to="none", centred=True),
    "Mixture": lambda: Mixture(relative_to="none"),
    "Quantiles": lambda: Quantiles(relative_to="none"),
    "Quantiles of three levels": lambda: Quantiles([0.05, 0.4, 0.9], relative_to="none"),
    "a single quantile": lambda: Quantiles([0.3], relative_to="none"),
}
FREEDOMS = {"none": None, "of a rung": torch.tensor([[3.5, 30.0]], dtype=torch.float64)}
LIKELIHOODS = [name for name in HEADS if "uantile" not in name]
extremes = st.sampled_from([0.0, 1e-30, -1e-30, 1.0, -1.0, 9.0, -9.0, 1e4, -1e4, 1e20, -1e20, 3e38, -3e38])


def numbers_of(head: Head, seed: int = 0, size: float = 1.0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return size * torch.randn(1, 2, head.size, generator=generator, dtype=dtype)


def said(name: str, freedom: str = "none", seed: int = 0) -> Prediction:
    head = HEADS[name]()
    predicted: Prediction = head(numbers_of(head, seed), FREEDOMS[freedom])
    return predicted


@pytest.mark.parametrize("freedom", [2.01, 2.5, 5.0, 100.0, 1e4, 1e7])
def test_the_log_density_of_student_t_is_scipys(freedom: float) -> None:
    z = torch.linspace(-40, 40, 201, dtype=torch.float64)
    ours = t_log_density(z, torch.full_like(z, freedom))
    assert ours.numpy() == pytest.approx(stats.t.logpdf(z.numpy(), freedom), abs=1e-7 if freedom > 1e4 else 1e-10)


def test_the_gradients_of_the_log_density_are_those_of_differences() -> None:
    z = torch.tensor([-7.0, -0.3, 0.0, 2.0, 11.0], dtype=torch.float64, requires_grad=True)
    freedom = torch.tensor([2.2, 3.0, 5.0, 9.0, 40.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(t_log_density, (z, freedom), atol=1e-6)


@pytest.mark.parametrize("centred", [False, True])
def test_the_quick_loss_of_student_t_is_the_mean_of_its_log_density_with_the_same_gradients(centred: bool) -> None:
    head = StudentT(relative_to="none", centred=centred)
    numbers = torch.randn(64, 2, head.size, dtype=torch.float64) * 6
    numbers.requires_grad_()
    target, predicted = torch.randn(64, 2, dtype=torch.float64), head(numbers, None)
    quick, plain = predicted.loss(target), -predicted.log_density(target).mean()
    assert quick.item() == pytest.approx(plain.item(), rel=1e-12)
    gradients = [torch.autograd.grad(loss, numbers)[0] for loss in (quick, plain)]
    assert torch.allclose(*gradients, atol=1e-12)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_distribution_function_is_the_inverse_of_the_quantiles(name: str, freedom: str) -> None:
    predicted, levels = said(name, freedom), (0.001, 0.01, 0.2, 0.5, 0.77, 0.99, 0.9999)
    quantiles = predicted.quantiles(levels)
    assert (quantiles.diff(dim=-1) > 0).all()
    for level, values in zip(levels, quantiles.unbind(-1), strict=True):
        assert predicted.cdf(values).numpy() == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_density_is_the_slope_of_the_distribution_function(name: str, freedom: str) -> None:
    predicted = said(name, freedom)
    for value in (-3.0, -0.2, 0.4, 5.0):
        values = torch.full((1, 2), value, dtype=torch.float64)
        slope = (predicted.cdf(values + 1e-5) - predicted.cdf(values - 1e-5)) / 2e-5
        density = predicted.log_density(values)
        assert density is not None
        assert density.exp().numpy() == pytest.approx(slope.numpy(), rel=1e-4, abs=1e-9)


def test_the_crps_of_21_quantiles_is_that_of_the_distribution_to_one_percent() -> None:
    """The mean over many targets, which is what is reported."""
    random = np.random.default_rng(0)
    numbers = torch.zeros(1, 1, 9, dtype=torch.float64)
    numbers[0, 0] = torch.tensor([0.5, 0.0, -0.5, -1.0, 0.2, 1.5, -0.4, 0.3, -1.0])
    weights, locations, scales = numbers.view(3, 3)[0].softmax(0), numbers.view(3, 3)[1], numbers.view(3, 3)[2].exp()
    components = random.choice(3, size=4000, p=weights.numpy())
    drawn = {
        "Normal": random.normal(size=4000),
        "StudentT": random.standard_t(5, size=4000),
        "Mixture": locations.numpy()[components] + scales.numpy()[components] * random.normal(size=4000),
    }
    exact = {
        "Normal": scoringrules.crps_normal(drawn["Normal"], 0.0, 1.0),
        "StudentT": scoringrules.crps_t(drawn["StudentT"], 5.0),
        "Mixture": scoringrules.crps_mixnorm(
            drawn["Mixture"], *(np.tile(part.numpy(), (4000, 1)) for part in (locations, scales, weights))
        ),
    }
    for name, values in drawn.items():
        head = HEADS[name]()
        quantiles = head(numbers if name == "Mixture" else numbers[..., : head.size] * 0, None).quantiles(LEVELS)
        ours = crps(quantiles.numpy()[0].repeat(4000, axis=0), values).mean()
        assert ours == pytest.approx(exact[name].mean(), rel=0.01)


@pytest.mark.parametrize("name", HEADS)
@settings(max_examples=40)
@given(values=st.lists(extremes, min_size=21, max_size=21), target=extremes, on_rung=st.booleans())
def test_no_number_of_a_network_makes_a_loss_a_gradient_or_a_quantile_infinite(
    name: str, values: list[float], target: float, on_rung: bool
) -> None:
    head = HEADS[name]()
    numbers = torch.tensor(values[: head.size]).expand(1, 2, -1).clone().requires_grad_()  # float32, as networks are
    predicted = head(numbers, FREEDOMS["of a rung"] if on_rung else None)
    loss = predicted.loss(torch.full((1, 2), max(min(target, 1e9), -1e9)))
    loss.backward()
    assert loss.isfinite()
    assert numbers.grad is not None
    assert numbers.grad.isfinite().all()
    quantiles = predicted.quantiles(LEVELS)
    assert quantiles.isfinite().all()
    assert (quantiles.diff(dim=-1) >= 0).all(), "they cross"
    probability = predicted.cdf(torch.zeros(1, 2))
    assert ((probability >= 0) & (probability <= 1)).all()


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([0.01, 1.0, 30.0]), count=st.integers(1, 5))
def test_mixtures_are_inverted_to_a_billionth_in_probability(seed: int, size: float, count: int) -> None:
    head = Mixture(count, relative_to="none")
    predicted = head(numbers_of(head, seed, size), None)
    levels = (1e-4, 0.01, 0.3, 0.5, 0.95, 0.9999)
    quantiles = predicted.quantiles(levels)
    for level, values in zip(levels, quantiles.unbind(-1), strict=True):
        reached = predicted.cdf(values)
        spacing = predicted.cdf(values * (1 + 1e-15) + 1e-300) - reached  # what float64 can tell apart
        assert ((reached - level).abs() <= 1e-9 + spacing.abs()).all()


@pytest.mark.parametrize("head", [StudentT, Mixture, Quantiles])
@pytest.mark.parametrize("freedom", [2.5, 4.0, 50.0])
def test_numbers_of_zero_are_the_rungs_own_distribution(head: Callable[..., Head], freedom: float) -> None:
    made = head(relative_to="Ewma")
    predicted = made(torch.zeros(1, 2, made.size, dtype=torch.float64), torch.full((1, 2), freedom).double())
    levels = np.array([0.001, 0.013, 0.25, 0.5, 0.72, 0.999])
    assert predicted.quantiles(levels.tolist())[0, 1].numpy() == pytest.approx(stats.t.ppf(levels, freedom), abs=1e-8)
    targets = torch.tensor([[-3.0, 0.7]], dtype=torch.float64)
    assert predicted.cdf(targets).numpy() == pytest.approx(stats.t.cdf(targets.numpy(), freedom), abs=1e-12)
    if (density := predicted.log_density(targets)) is not None:
        assert density.numpy() == pytest.approx(stats.t.logpdf(targets.numpy(), freedom), abs=1e-10)


@pytest.mark.parametrize("head", [Normal, StudentT, Mixture])
def test_a_rung_of_infinite_freedom_is_normal(head: Callable[..., Head]) -> None:
    made = head(relative_to="Ewma")
    numbers = torch.zeros(1, 1, made.size, dtype=torch.float64)
    predicted = made(numbers, torch.full((1, 1), torch.inf, dtype=torch.float64))
    assert predicted.quantiles(LEVELS)[0, 0].numpy() == pytest.approx(stats.norm.ppf(LEVELS), abs=2e-3)


def test_a_normal_head_at_zero_has_the_standard_deviation_of_its_rung() -> None:
    predicted = Normal(relative_to="Ewma")(torch.zeros(1, 1, 2), torch.full((1, 1), 4.0, dtype=torch.float64))
    (one_deviation,) = predicted.quantiles((stats.norm.cdf(1.0),)).flatten()
    assert one_deviation.item() == pytest.approx(np.sqrt(4 / (4 - 2)), rel=1e-6)


def test_pinball_loss_is_the_hand_computed_one() -> None:
    predicted = Quantiles([0.1, 0.5], relative_to="none")(torch.zeros(1, 1, 2), None)
    low = stats.t.ppf(0.1, 5)
    expected = (0.1 * (1.0 - low) + 0.5 * 1.0) / 2
    assert predicted.loss(torch.ones(1, 1)).item() == pytest.approx(expected, rel=1e-6)


def test_beyond_the_outermost_levels_the_rungs_tail_goes_on_stretched_as_the_outermost_gap() -> None:
    head = Quantiles([0.25, 0.5, 0.75], relative_to="none")
    numbers = torch.tensor([[[0.0, 0.0, np.log(3.0)]]], dtype=torch.float64)
    quantiles = head(numbers, None).quantiles((0.01, 0.6, 0.99))[0, 0]
    assert quantiles.numpy() == pytest.approx(np.array([1, 3, 3]) * stats.t.ppf([0.01, 0.6, 0.99], 5), rel=1e-9)


@pytest.mark.parametrize("levels", [[], [0.5, 0.5], [0.9, 0.1], [0.0, 0.5], [0.5, 1.0]])
def test_levels_that_are_none_are_refused(levels: list[float]) -> None:
    with pytest.raises(UserError, match="levels are between 0 and 1, ascending"):
        Quantiles(levels)


def test_a_mixture_of_nothing_and_an_unknown_rung_are_refused() -> None:
    with pytest.raises(UserError, match="a mixture has at least one"):
        Mixture(0)
    with pytest.raises(UserError, match=r"relative_to is 'Hra'; it is one of .*Ewma.*, none\."):
        Base("Hra")
