"""The training loss: what a step returns, and the mean by the weights of windows."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cryptoforecast import (
    LSTM,
    Bernoulli,
    Conformal,
    Forecaster,
    Mixture,
    Normal,
    Quantiles,
    StudentT,
    UserError,
    Window,
)
from cryptoforecast.models.contract.answers import answer_and_target
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer

DATA = data_of(random_walk(120), batch_size=32)  # the last batch is smaller


def loss_of_an_epoch(model: Forecaster, folder: Path, **settings: Any) -> float:
    trainer = quiet_trainer(folder, max_epochs=1, **settings)
    trainer.fit(model, DATA)
    return float(trainer.callback_metrics["train/loss"])


class Still(Linear):
    """Learns nothing, so that the loss of the epoch can be computed afterwards."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(optimizer=lambda weights: torch.optim.SGD(weights, lr=0.0), **kwargs)


class Returns(Still):
    """Returns its loss in one of the forms that a trainer takes."""

    form: Any = staticmethod(lambda loss: loss)

    def training_step(self, window: Window, batch_index: int) -> Any:
        x, target = self.scaled(window)
        return self.form(self.loss(self(x), target))


class Inherits(Still):
    def training_step(self, window: Window, batch_index: int) -> Any:
        return super().training_step(window, batch_index) + 1


class Manual(Still):
    automatic_optimization = False

    def training_step(self, window: Window, batch_index: int) -> None:
        self.manual_backward(super().training_step(window, batch_index))  # type: ignore[arg-type]


class WithoutLoss(Returns):
    form = staticmethod(lambda loss: None)


def test_the_training_loss_is_what_the_step_returns(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Still(**LENGTHS)
    x, target = model.scaled(DATA.windows[DATA.fold.train])
    expected = nn.functional.mse_loss(model(x), target).item()

    def drawn(kind: type[Forecaster], **settings: Any) -> float:
        other = kind(**LENGTHS)
        other.load_state_dict(model.state_dict())
        return loss_of_an_epoch(other, tmp_path, **settings)

    assert drawn(Still) == pytest.approx(expected, rel=1e-6)
    assert drawn(Returns) == pytest.approx(expected, rel=1e-6)
    assert drawn(Returns, accumulate_grad_batches=2) == pytest.approx(expected, rel=1e-6)
    in_dictionary = type("InDictionary", (Returns,), {"form": staticmethod(lambda loss: {"loss": loss, "size": 1.0})})
    assert drawn(in_dictionary) == pytest.approx(expected, rel=1e-6)
    assert drawn(Inherits) == pytest.approx(expected + 1, rel=1e-6)
    assert drawn(Manual) == pytest.approx(expected, rel=1e-6)


@pytest.mark.filterwarnings("ignore:`training_step` returned `None`")
def test_a_step_that_returns_nothing_draws_no_loss(tmp_path: Path) -> None:
    trainer = quiet_trainer(tmp_path, max_epochs=1)
    trainer.fit(WithoutLoss(**LENGTHS), DATA)
    assert "train/loss" not in trainer.callback_metrics
    assert trainer.callback_metrics["val/loss"].isfinite()


def test_a_window_is_scaled_as_the_network_sees_it() -> None:
    window = DATA.windows[DATA.fold.train[:7]]
    model = LSTM(hidden_size=4, **LENGTHS)
    x, target = model.scaled(window)
    assert torch.equal(x, model.network_inputs(window.context))
    assert torch.equal(target, model.scaled(window.target, window.context))


class Weighted(Still):
    given: Any = staticmethod(lambda window: (window.origin % 7).double())

    def weight(self, window: Window) -> Any:
        return self.given(window)


def test_the_weighted_loss_is_that_of_windows_repeated_as_often_as_they_weigh(tmp_path: Path) -> None:
    every = DATA.fold.train
    model = Weighted(**LENGTHS)
    trainer = quiet_trainer(tmp_path, max_epochs=1, limit_train_batches=1)
    seen: list[Window] = []
    type(model).given = staticmethod(lambda window: seen.append(window) or (window.origin // 86_400_000_000_000 % 3))
    trainer.fit(model, DATA)
    (window,) = seen
    weights = window.origin // 86_400_000_000_000 % 3
    assert set(weights.tolist()) == {0, 1, 2}
    assert len(every) > len(weights)
    repeated = Window(*(part.repeat_interleave(weights, dim=0) for part in window[:4]))
    x, target = model.scaled(repeated)
    expected = nn.functional.mse_loss(model(x), target)
    torch.testing.assert_close(trainer.callback_metrics["train/loss"], expected, check_dtype=False)


@pytest.mark.parametrize("factor", [1.0, 1e-9, 1e9])
def test_equal_weights_of_any_size_leave_the_training_as_it_is(factor: float, tmp_path: Path) -> None:
    kind = type("Equal", (Linear,), {"weight": lambda self, window: torch.full((len(window.target),), factor)})
    torch.manual_seed(0)
    first, second = Linear(**LENGTHS), kind(**LENGTHS)
    second.load_state_dict(first.state_dict())
    losses = [loss_of_an_epoch(model, tmp_path) for model in (first, second)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            lambda window: torch.where(window.origin == window.origin[3], torch.nan, 1.0),
            "gave nan for the window of ",
        ),
        (lambda window: -torch.ones(len(window.target)), "gave -1 for the window of COIN-USD with its origin at 2020-"),
        (lambda window: torch.full((len(window.target),), torch.inf), "gave inf for the window of COIN-USD"),
        (lambda window: torch.zeros(len(window.target)), r"gave 0 for all \d+ windows of a batch"),
        (lambda window: torch.ones(len(window.target), 1), r"gave \(32, 1\), not a weight for each window, \(batch,\)"),
        (lambda window: 1.0, "gave float, not a weight for each window"),
    ],
)
def test_a_weight_that_weighs_nothing_is_refused_in_a_sentence(given: Any, sentence: str, tmp_path: Path) -> None:
    kind = type("Odd", (Weighted,), {"given": staticmethod(given)})
    with pytest.raises(UserError, match=sentence) as refused:
        loss_of_an_epoch(kind(**LENGTHS), tmp_path)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("Odd.weight")


class OwnLoss(Weighted):
    """Has a loss of its own for each window, the same as the usual one."""

    def loss(self, output: Tensor, target: Tensor, window: Window | None = None) -> Tensor:  # type: ignore[override]
        return (output - target).square().mean(dim=1)


def test_weights_apply_to_a_loss_of_the_variants_own_that_is_of_each_window(tmp_path: Path) -> None:
    torch.manual_seed(0)
    given = staticmethod(lambda window: (window.origin // 86_400_000_000_000 % 7).double() + 1)
    weighted, own = type("Weighted", (Weighted,), {"given": given}), type("Own", (OwnLoss,), {"given": given})
    first, second, unweighted = weighted(**LENGTHS), own(**LENGTHS), Still(**LENGTHS)
    for other in (second, unweighted):
        other.load_state_dict(first.state_dict())
    curves = []
    for model in (first, second, unweighted):
        torch.manual_seed(1)  # of the order of the windows
        trainer = quiet_trainer(tmp_path, max_epochs=1)
        trainer.fit(model, DATA)
        curves.append({name: float(trainer.callback_metrics[name]) for name in ("train/loss", "val/loss")})
    assert curves[0] == pytest.approx(curves[1], rel=1e-6)
    assert curves[0]["val/loss"] == pytest.approx(curves[2]["val/loss"], rel=1e-6), "validation targets weigh the same"
    assert curves[0]["train/loss"] != pytest.approx(curves[2]["train/loss"], rel=1e-3)


def test_losses_of_windows_that_are_weighted_already_are_refused_and_their_weighted_mean_is_not(tmp_path: Path) -> None:
    def losses(self: Any, output: Tensor, target: Tensor, window: Window) -> Tensor:
        return (output - target).square().mean(dim=1) * self.weight(window)

    def mean(self: Any, output: Tensor, target: Tensor, window: Window) -> Tensor:
        return losses(self, output, target, window).mean()

    given = staticmethod(lambda window: torch.ones(len(window.target)))
    twice, once = (type("Own", (Weighted,), {"given": given, "loss": loss}) for loss in (losses, mean))
    with pytest.raises(UserError, match=r"Own.loss calls self.weight\(window\) and returns the loss of each window"):
        loss_of_an_epoch(twice(**LENGTHS), tmp_path)
    assert loss_of_an_epoch(once(**LENGTHS), tmp_path) > 0


def test_a_loss_of_each_step_beside_weights_is_refused(tmp_path: Path) -> None:
    kind = type("Steps", (Weighted,), {"loss": lambda self, output, target: (output - target).abs()})
    with pytest.raises(UserError, match=r"gave \(\d+, 2\), not one number; with weight\(window\), return one for each"):
        loss_of_an_epoch(kind(**LENGTHS), tmp_path)


def test_a_loss_of_each_window_without_weights_is_refused(tmp_path: Path) -> None:
    loss = OwnLoss.loss
    with pytest.raises(UserError, match=r"Own.loss gave \(\d+,\), not one number; end it with .mean\(\)"):
        loss_of_an_epoch(type("Own", (Still,), {"loss": loss})(**LENGTHS), tmp_path)


KINDS = (Normal, StudentT, Mixture, Quantiles)
ON_NO_RUNG = {kind.__name__: partial(kind, relative_to="none") for kind in KINDS}
HEADS = {**ON_NO_RUNG, "Bernoulli": Bernoulli, "Conformal": Conformal}


@pytest.mark.parametrize("make", HEADS.values(), ids=HEADS)
def test_the_mean_of_a_heads_losses_is_its_loss(make: Any) -> None:
    torch.manual_seed(0)
    model = LSTM(hidden_size=4, head=make(), **LENGTHS)
    predicted, target = answer_and_target(model, DATA.windows[DATA.fold.train[:9]])
    losses = predicted.losses(target)  # type: ignore[union-attr]
    assert losses.shape == (9, 2)
    torch.testing.assert_close(losses.mean(), predicted.loss(target))  # type: ignore[union-attr]
    gradients = [torch.autograd.grad(loss, list(model.parameters())[-1], retain_graph=True)[0]
                 for loss in (losses.mean(), predicted.loss(target))]  # type: ignore[union-attr]  # fmt: skip
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)
