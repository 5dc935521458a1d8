"""Columns beyond the close: seen up to the origin, and never after it."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch import seed_everything

from cryptoforecast import (
    GRU,
    LSTM,
    CloseDataModule,
    Forecaster,
    RandomWalk,
    RelativeLog,
    Scaling,
    TrainMinMax,
    UserError,
    WindowStandard,
)
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.next_closes import next_closes
from cryptoforecast.models.scaling import standardise_by_window
from tests.helpers import Given, bars
from tests.models.helpers import quiet_trainer

COLUMNS = ["Close", "Volume", "High", "Low", "Open"]
LENGTHS = {"context_length": 5, "horizon": 2}
volumes = st.lists(st.floats(0, 1e12), min_size=6, max_size=6).map(lambda v: torch.tensor([v], dtype=torch.float64))
every_scaling = pytest.mark.parametrize("scaling", [RelativeLog, TrainMinMax, WindowStandard])


def data_with(columns: dict[str, list[float]], **settings: object) -> CloseDataModule:
    source = Given(columns["Close"], others=columns)
    data = CloseDataModule(source, **LENGTHS, columns=COLUMNS, **settings)  # type: ignore[arg-type]
    data.setup("fit")
    return data


def changed(columns: dict[str, list[float]], name: str, rows: slice) -> dict[str, list[float]]:
    """The bars, one column of which is something else in some rows."""
    values = list(columns[name])
    values[rows] = [7 * value for value in values[rows]]
    return {**columns, name: values}


def forecaster_of(scaling: type[Scaling] = RelativeLog) -> Forecaster:
    seed_everything(0)
    forecaster = LSTM(hidden_size=4, scaling=scaling(), columns=COLUMNS, **LENGTHS).eval()
    forecaster.scaling.fit(torch.tensor([1e3, 1e5], dtype=torch.float64))
    return forecaster


@every_scaling
@pytest.mark.parametrize("name", COLUMNS)
@torch.no_grad()
def test_no_row_of_any_column_after_an_origin_changes_a_forecast_from_it(name: str, scaling: type[Scaling]) -> None:
    forecaster, columns = forecaster_of(scaling), bars(60)
    true = data_with(columns).windows
    first_forecast = forecaster.forecast(true[torch.arange(len(true))].context)
    for origin in (4, 20, 40, 57):
        other = data_with(changed(columns, name, slice(origin + 1, None))).windows
        before = torch.arange(origin - 5 + 2)  # windows whose last close seen is the origin's or an earlier one
        assert torch.equal(forecaster.forecast(other[before].context), first_forecast[before])


@every_scaling
@pytest.mark.parametrize("name", COLUMNS)
@torch.no_grad()
def test_every_column_is_seen_in_every_row_of_the_context(name: str, scaling: type[Scaling]) -> None:
    forecaster, columns = forecaster_of(scaling), bars(60)
    known = forecaster.forecast(data_with(columns).windows[torch.tensor([10])].context)
    for row in range(10, 15):
        other = data_with(changed(columns, name, slice(row, row + 1))).windows
        assert not torch.equal(forecaster.forecast(other[torch.tensor([10])].context), known)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_model_trained_before_a_border_does_not_know_a_column_after_it(name: str, tmp_path: Path) -> None:
    forecasts, columns = [], bars(150)
    for given_columns in (columns, changed(columns, name, slice(130, None))):
        data, forecaster = data_with(given_columns, val_from=100, test_from=130), forecaster_of(TrainMinMax).train()
        quiet_trainer(tmp_path).fit(forecaster, data)
        with torch.no_grad():
            forecasts.append(forecaster.eval().forecast(data.windows[data.fold.test[:1]].context))
    assert torch.equal(*forecasts)


@torch.no_grad()
def test_channel_0_is_the_close_and_prices_are_scaled_as_it_is() -> None:
    seen = []

    class Watching(Forecaster):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x[:, -2:, 0]

    context = data_with(bars(60)).windows[torch.arange(6)].context
    forecaster = Watching(columns=COLUMNS, **LENGTHS)
    forecaster.forecast(context)
    close = context[..., 0]
    assert forecaster.channels == seen[0].shape[-1] == 5
    for channel, name in enumerate(COLUMNS):
        values = context[..., channel]
        expected = standardise_by_window(values) if name == "Volume" else RelativeLog().encode(values, close)
        assert torch.equal(seen[0][..., channel], expected.float())


@given(volumes=volumes, unit=st.sampled_from([1e-3, 1.0, 1e6]))
def test_volumes_are_measured_by_their_own_window_and_never_end_in_nan(volumes: torch.Tensor, unit: float) -> None:
    standard = standardise_by_window(unit * volumes)
    assert standard.isfinite().all()
    assert abs(standard.mean().item()) < 1e-6
    assert standard.std(correction=0) < 1 + 1e-6


def test_a_window_in_which_nothing_changes_hands_is_zero() -> None:
    assert standardise_by_window(torch.zeros(2, 5, dtype=torch.float64)).eq(0).all()
    assert standardise_by_window(torch.full((1, 5), 3.0, dtype=torch.float64)).eq(0).all()
    torch.testing.assert_close(standardise_by_window(torch.tensor([[1.0, 3.0]])), torch.tensor([[-1.0, 1.0]]))


def test_baselines_stand_beside_a_model_that_sees_more_than_the_close() -> None:
    data, forecaster = data_with(bars(100)), GRU(hidden_size=4, columns=COLUMNS, **LENGTHS)
    rows = rows_beside_baselines(forecaster, data, "val")
    assert rows["model"].unique().tolist() == ["GRU", "RandomWalk", "Drift", "Mean"]
    walk = next_closes(RandomWalk(**LENGTHS), data)
    assert (walk["forecast"] == data.series[0].closes.iloc[-1]).all()
    alone = next_closes(forecaster, data)["forecast"]
    context = data.windows.prices[-5:].unsqueeze(0)
    with torch.no_grad():
        assert alone.tolist() == forecaster.eval().forecast(context)[0].tolist()


def test_a_model_of_other_columns_than_the_windows_says_so() -> None:
    context = data_with(bars(60)).windows[torch.arange(3)].context
    with pytest.raises(UserError, match="LSTM has columns Close, and is asked about bars with 5; give model and data"):
        LSTM(hidden_size=4, **LENGTHS).forecast(context)
