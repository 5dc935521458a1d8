"""What every model from a paper is held to, beside what every forecaster is (tests/models/test_forecaster.py)."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import cryptoforecast
from cryptoforecast import (
    Bernoulli,
    Conformal,
    Forecaster,
    Head,
    Mixture,
    Normal,
    Point,
    Quantiles,
    StudentT,
    require_check,
)
from cryptoforecast.check import run
from cryptoforecast.check.head_lines import HEAD_LINES
from tests.helpers import data_of, random_walk, some
from tests.models.helpers import LENGTHS, ZOO, quiet_trainer

HEADS: dict[str, Callable[[], Head]] = {
    "Point": Point,
    "Normal": lambda: Normal(relative_to="none"),
    "StudentT": lambda: StudentT(relative_to="none"),
    "Mixture": lambda: Mixture(relative_to="none"),
    "Quantiles": lambda: Quantiles(relative_to="none"),
    "Bernoulli": Bernoulli,
    "Conformal": Conformal,
}
COST = re.compile(
    r"On one CPU thread, a training step of 64 windows takes [\d.]+ ms at context 60, with ([\d,]+) weights; "
    r"at 512 it takes [\d.]+ ms, with ([\d,]+)\."
)
PROVED_ABOVE = ("horizons", "context lengths", "columns", "gradients", *HEAD_LINES)  # for each model of the zoo
every_model = pytest.mark.parametrize("model", ZOO, ids=lambda model: model.__name__)


def reached(model: Forecaster) -> dict[str, bool]:
    """Whether some of each tensor of weights has a gradient other than zero."""
    return {name: bool(weights.grad.any()) for name, weights in model.named_parameters() if weights.grad is not None}


@every_model
def test_a_model_is_public_and_its_file_is_short_and_names_its_paper_first(model: type[Forecaster]) -> None:
    assert getattr(cryptoforecast, model.__name__) is model
    text = Path(inspect.getfile(model)).read_text()
    assert len(text.splitlines()) <= 120
    first = text.splitlines()[0].strip('"')
    assert re.search(r"(19|20)\d\d", first), first
    assert re.search(r"arXiv \d{4}\.\d{4,5}|10\.\d{4,}/\S+", first), first
    assert "    >>> " in (model.__doc__ or "")


@every_model
@pytest.mark.parametrize("context_length", [1, 2, 7, 60])
@pytest.mark.parametrize("horizon", [1, 2, 7])
@torch.no_grad()
def test_any_context_length_and_horizon_will_do(model: type[Forecaster], context_length: int, horizon: int) -> None:
    made = model(**ZOO[model], context_length=context_length, horizon=horizon, columns=("Close", "Volume"))
    forecast = made(torch.randn(3, context_length, 2))
    assert forecast.shape == (3, horizon)
    assert forecast.isfinite().all()


@every_model
@pytest.mark.parametrize("head", HEADS)
def test_any_head_gets_as_many_numbers_as_it_needs_each_of_which_depends_on_the_context(
    model: type[Forecaster], head: str
) -> None:
    made = model(**ZOO[model], context_length=20, horizon=3, head=HEADS[head]()).eval()
    numbers = made(torch.randn(2, 20, 1))
    assert numbers.shape == (2, 3 * HEADS[head]().size)
    assert (numbers[0] != numbers[1]).all()


@every_model
def test_a_gradient_reaches_every_weight_and_every_column(model: type[Forecaster]) -> None:
    torch.manual_seed(0)
    made = model(**ZOO[model], context_length=20, horizon=3, columns=("Close", "High", "Low")).eval()
    x = torch.randn(64, 20, 3, requires_grad=True)
    made(x).square().sum().backward()
    assert reached(made) == {name: True for name, _ in made.named_parameters()}
    assert x.grad is not None
    assert x.grad.abs().sum(dim=(0, 1)).all()


@every_model
def test_it_learns_a_distribution_on_a_rung(model: type[Forecaster], tmp_path: Path) -> None:
    made = model(**ZOO[model], head=StudentT(relative_to="Ewma"), **LENGTHS)
    trainer = quiet_trainer(tmp_path, max_epochs=1)
    trainer.fit(made, data_of(random_walk(120), batch_size=32))
    assert trainer.callback_metrics["val/loss"].isfinite()
    assert trainer.callback_metrics["val/crps"].isfinite()


@every_model
def test_the_docstring_says_what_it_costs_with_the_true_count_of_weights(model: type[Forecaster]) -> None:
    found = COST.search(" ".join((model.__doc__ or "").split()))
    assert found is not None, COST.pattern
    counts = [sum(weights.numel() for weights in model(context_length=length).parameters()) for length in (60, 512)]
    assert [int(number.replace(",", "")) for number in found.groups()] == counts


@pytest.mark.slow
@every_model
def test_it_passes_the_examination(model: type[Forecaster], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {name: line for name, line in run.LINES.items() if name not in some(PROVED_ABOVE, many=())}
    monkeypatch.setattr(run, "LINES", lines)
    require_check(model, quick=True, **ZOO[model])
