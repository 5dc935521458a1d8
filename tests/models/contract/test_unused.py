"""What is asked for and has no part in a model is told, and nothing else is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cryptoforecast import GRU, LSTM, DataNotice, Forecaster, NLinear, PatchTST, StudentT, UserError
from cryptoforecast.models.contract.unused import unseen_columns, unused_settings
from cryptoforecast.training.preflight import check_before_fit
from tests.helpers import Given, bars, coins_of
from tests.models.helpers import Linear, quiet_trainer

COLUMNS = ("Close", "High", "Volume")
LENGTHS = {"context_length": 8, "horizon": 2, "columns": COLUMNS}


def data_with(**settings: Any) -> Any:
    columns = bars(150)
    closes = columns.pop("Close")
    return coins_of(Given(closes, others=columns), **{**LENGTHS, **settings})


class SeesClose(Forecaster):
    """Takes channel 0 alone; its weights are zero at first, as those of Wide are."""

    channels_seen = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = nn.Linear(self.context_length * self.channels_seen, self.outputs)
        nn.init.zeros_(self.layer.weight)

    def forward(self, x: Tensor) -> Tensor:
        numbers: Tensor = self.layer(x[..., : self.channels_seen].flatten(1))
        return numbers


class SeesTwo(SeesClose):
    channels_seen = 2


class SeesAll(SeesClose):
    channels_seen = 3


class SeesAllButNaN(SeesAll):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.nan_to_num())


class TakesNoNaN(SeesAll):
    def forward(self, x: Tensor) -> Tensor:
        if not x.isfinite().all():
            raise ValueError("no NaN, please")
        return super().forward(x)


class OwnForecast(Forecaster):
    def forecast(self, context: Tensor) -> Tensor:
        return context[:, -1:, 0].expand(-1, self.horizon)


@pytest.mark.parametrize(
    ("kind", "unseen"),
    [(SeesClose, ["High", "Volume"]), (SeesTwo, ["Volume"]), (OwnForecast, ["High", "Volume"])]
    + [(kind, []) for kind in (SeesAll, SeesAllButNaN, TakesNoNaN, LSTM, GRU, PatchTST)],
)
def test_a_column_on_which_no_forecast_depends_is_found_whatever_the_weights_are(
    kind: Callable[..., Forecaster], unseen: list[str]
) -> None:
    assert unseen_columns(kind(**LENGTHS), data_with()) == unseen


def test_a_head_sees_the_columns_that_the_network_sees() -> None:
    data = data_with()
    assert unseen_columns(SeesAll(**LENGTHS, head=StudentT(relative_to="none")), data) == []
    assert unseen_columns(SeesTwo(**LENGTHS, head=StudentT(relative_to="none")), data) == ["Volume"]


def test_finding_out_leaves_the_model_and_random_numbers_as_they_are() -> None:
    model, data = LSTM(**LENGTHS, dropout=0.5, num_layers=2), data_with()
    state = {name: value.clone() for name, value in model.state_dict().items() if isinstance(value, Tensor)}
    random = torch.get_rng_state()
    unseen_columns(model, data)
    assert model.training
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in state.items())


class OwnOptimizer(Linear):
    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class InheritedOptimizer(Linear):
    def configure_optimizers(self) -> Any:
        return super().configure_optimizers()


def sgd(weights: Any) -> Any:
    return torch.optim.SGD(weights, lr=0.5)


@pytest.mark.parametrize(
    ("kind", "asked", "told"),
    [
        (OwnOptimizer, {"optimizer": sgd}, True),
        (OwnOptimizer, {}, False),
        (OwnOptimizer, {"optimizer": lambda weights: torch.optim.SGD(weights, lr=0.1)}, False),
        (InheritedOptimizer, {"optimizer": sgd}, False),
        (Linear, {"optimizer": sgd}, False),
    ],
)
def test_an_optimizer_that_configure_optimizers_does_not_use_is_told(
    kind: type[Forecaster], asked: dict[str, Any], told: bool, tmp_path: Path
) -> None:
    data = data_with(columns=("Close",))
    model = kind(**{**LENGTHS, "columns": ("Close",)}, **asked)
    trainer = quiet_trainer(tmp_path, max_epochs=1)
    trainer.fit(model, data)
    found = unused_settings(model, data, trainer.optimizers)
    assert (
        any("model.optimizer is SGD, and OwnOptimizer.configure_optimizers returns another" in s for s in found) == told
    )
    assert len(found) == told


def test_a_column_that_the_model_does_not_see_is_told_once_before_the_fit(tmp_path: Path) -> None:
    model, data = SeesTwo(**LENGTHS), data_with()
    with pytest.warns(DataNotice, match="data.columns names Volume, and no forecast of SeesTwo depends on it") as told:
        check_before_fit(model, data, quiet_trainer(tmp_path))
    assert len(told) == 1
    assert "\n" not in str(told[0].message)


def test_nothing_is_told_where_all_is_used(tmp_path: Path) -> None:
    class Calendar(SeesAll):
        def forward(self, x: Tensor, future: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(x) + future.mean()

    data = data_with(future=["month"])
    model = Calendar(**LENGTHS, future=("month",))
    assert unused_settings(model, data, []) == []
    assert unused_settings(NLinear(context_length=8, horizon=2), data_with(columns=("Close",)), []) == []


def test_quantiles_without_a_point_are_refused(tmp_path: Path) -> None:
    kind = type("Own", (Linear,), {"quantiles": lambda self, output, levels: output})
    with pytest.raises(UserError, match=r"Own has a method quantiles.*write `def point\(self, output\)` too"):
        quiet_trainer(tmp_path).fit(kind(context_length=8, horizon=2), data_with(columns=("Close",)))
