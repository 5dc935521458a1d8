"""One network for all series at once: what it sees, what is made of what it returns, and that rows stay as always."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything
from torch import nn

from cryptoforecast import (
    LSTM,
    CloseDataModule,
    DataNotice,
    Forecaster,
    RelativeLog,
    StudentT,
    UserError,
    audit,
    forecast_rows,
    next_closes,
)
from tests.helpers import Given, coins_of, random_walk
from tests.models.helpers import quiet_trainer

COINS = [Given([unit * close for close in random_walk(120, seed)], symbol=f"COIN{seed}") for seed, unit in
         enumerate([1.0, 1e-3, 50.0])]  # fmt: skip
SETTINGS: dict[str, Any] = {"context_length": 5, "horizon": 2, "series_count": 3, "across": True}


class Shifted(Forecaster):
    """Forecasts, of each coin, the log change that the next coin has just made."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[2] == self.channels == 3
        seen.append(x)
        return x[:, -2:].flip(2).roll(1, 2).transpose(1, 2).flatten(1)


seen: list[torch.Tensor] = []


def test_each_series_is_scaled_by_itself_and_read_where_its_numbers_stand() -> None:
    data = coins_of(*COINS, across=True)
    positions = torch.tensor([3, 118 - 4 + 3, 5])
    window = data.windows[positions]
    assert window.together is not None
    assert torch.equal(window.together[0, 0], window.context[0])
    assert torch.equal(window.together[2, 1], data.windows[torch.tensor([119])].context[0])
    seen.clear()
    rows = forecast_rows(Shifted(**SETTINGS), data, "test")
    (x,) = seen
    times = rows["origin"].nunique()
    assert x.shape == (times, 5, 3)
    scaling = RelativeLog()
    for number, series in enumerate(data.series):
        closes = torch.tensor(series.closes.to_numpy())
        origins = [int(series.closes.index.get_loc(origin)) for origin in sorted(rows["origin"].unique())]
        contexts = torch.stack([closes[at - 4 : at + 1] for at in origins])
        expected = scaling.encode(contexts, contexts).float()
        assert torch.equal(x[..., number], expected)
        own = rows[rows["series"] == series.closes.name].sort_values(["origin", "step"])
        told = x[:, -2:].flip(2).roll(1, 2)[..., number]
        prices = scaling.decode(told.double(), contexts)
        assert torch.equal(torch.tensor(own["forecast"].to_numpy()), prices.flatten())


class Joint(Forecaster):
    """A linear map from all series to all series."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(self.context_length * self.channels, self.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.map(x.flatten(1))


@pytest.mark.parametrize("head", [None, StudentT()], ids=["point", "on a rung"])
def test_a_joint_model_is_trained_and_audited_as_any_other(head: Any, tmp_path: Path) -> None:
    seed_everything(0)
    data, model = coins_of(*COINS, across=True, batch_size=12), Joint(**SETTINGS, head=head)
    before = [weights.clone() for weights in model.parameters()]
    quiet_trainer(tmp_path, max_epochs=2).fit(model, data)
    assert all(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    alone = next_closes(model, data)
    assert alone["series"].tolist() == [f"COIN{number}" for number in range(3) for _ in range(2)]
    result = audit(Joint(**SETTINGS, head=head), coins_of(*COINS, across=True, batch_size=12), steps=2)
    assert [stage.stage for stage in result.stages][-1] == "forecast"


def test_windows_of_one_time_stay_in_one_batch_where_it_has_room() -> None:
    data = coins_of(*COINS, across=True, batch_size=12)
    for window in data.train_dataloader():
        assert len(window.origin.unique()) * 3 == len(window.origin)


def test_series_that_begin_on_other_days_are_cut_to_their_common_stretch() -> None:
    young = Given(random_walk(80, 5), "2020-02-10", "YOUNG")
    with pytest.warns(DataNotice, match="data.across takes the bars .*, 80 from 2020-02-10 to 2020-04-29; left out"):
        data = coins_of(COINS[0], young, across=True)
    assert [len(series.closes) for series in data.series] == [80, 80]
    assert data.series[0].closes.index[0] == pd.Timestamp("2020-02-10", tz="UTC")
    assert data.series[0].provenance.rows == 80
    with pytest.raises(UserError, match="data.across is of several series; name two or more in data.source"):
        CloseDataModule(COINS[0], across=True).setup("fit")


def test_what_cannot_be_asked_of_all_series_at_once_is_said() -> None:
    class Named(Joint):
        def forward(self, x: torch.Tensor, series: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            return super().forward(x)

    data = coins_of(*COINS, across=True)
    with pytest.raises(UserError, match="Named.forward names series, and with data.across it sees all series at once"):
        forecast_rows(Named(**SETTINGS), data, "test")
    with pytest.raises(
        UserError, match="Joint sees all series at once, and the bars of one do not hold those of others"
    ):
        Joint(**SETTINGS).forecast(torch.ones(2, 5, 1, dtype=torch.float64))
    with pytest.raises(UserError, match="Joint forecasts 3 series at once, and the data have 2"):
        forecast_rows(Joint(**SETTINGS), coins_of(*COINS[:2], across=True), "test")


def test_a_library_model_sees_all_series_without_a_change(tmp_path: Path) -> None:
    data = coins_of(*COINS, across=True)
    rows = forecast_rows(LSTM(hidden_size=4, **SETTINGS).eval(), data, "test")
    assert rows.groupby("series").size().tolist() == [len(data.fold.test) // 3 * 2] * 3
