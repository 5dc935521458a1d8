"""From a source to batches."""

from collections.abc import Sequence

import pytest
import torch
from lightning.pytorch import seed_everything

from cryptoforecast import CloseDataModule, CloseSeries, DataNotice, SimulatedSource, UserError
from tests.helpers import Given, bars, coins_of, data_of, random_walk


def test_start_and_end_are_days_that_are_themselves_included() -> None:
    data = data_of(random_walk(100), start="2020-01-11", end="2020-03-30")
    assert data.series[0].provenance.rows == 80
    assert (data.series[0].provenance.first[:10], data.series[0].provenance.last[:10]) == ("2020-01-11", "2020-03-30")


def test_the_closes_a_scaling_may_see_end_with_the_last_training_target() -> None:
    data = data_of(random_walk(100), val_from=70, test_from=90)
    seen = data.train_closes()
    assert len(seen) == 70
    last = data.windows[int(data.fold.train[-1])]
    assert seen[-1] == last.target[-1]


def test_changing_any_later_close_changes_no_training_batch() -> None:
    closes = random_walk(100)
    first = data_of(closes, val_from=70, test_from=90)
    second = data_of([*closes[:70], *(3 * close for close in closes[70:])], val_from=70, test_from=90)
    batches = list(zip(first.train_dataloader(), second.train_dataloader(), strict=True))
    assert len(batches) > 0
    for one, other in batches:
        fields = zip(one.tensors().values(), other.tensors().values(), strict=True)
        assert all(torch.equal(field, same) for field, same in fields)


def test_workers_gather_the_same_batches_as_none() -> None:
    batches = []
    for num_workers in (0, 1):
        seed_everything(3)
        data = data_of(random_walk(100), num_workers=num_workers)
        batches.append([window.context for window in data.train_dataloader()])
    assert len(batches[0]) == 2
    assert all(torch.equal(one, other) for one, other in zip(*batches, strict=True))


@pytest.mark.parametrize("stage", ["fit", "validate", "test"])
def test_too_few_closes_are_refused_with_what_would_do(stage: str) -> None:
    data = CloseDataModule(Given(random_walk(59)), context_length=60)
    with pytest.raises(
        UserError, match=r"COIN-USD: 59 closes leave no .* window with data.context_length 60"
    ) as refused:
        data.setup(stage)
    assert "data.context_length of at most" in str(refused.value)


def test_the_remedies_are_true() -> None:
    """What the sentence says would do does, and one less does not."""
    with pytest.raises(UserError, match=r"context_length of at most 46 or at least 76 closes would do"):
        CloseDataModule(Given(random_walk(59)), context_length=60).setup("fit")
    CloseDataModule(Given(random_walk(59)), context_length=46).setup("fit")
    CloseDataModule(Given(random_walk(76)), context_length=60).setup("fit")
    with pytest.raises(UserError):
        CloseDataModule(Given(random_walk(59)), context_length=47).setup("fit")
    with pytest.raises(UserError):
        CloseDataModule(Given(random_walk(75)), context_length=60).setup("fit")


def test_forecasting_ahead_needs_no_more_than_a_context() -> None:
    CloseDataModule(Given(random_walk(60)), context_length=60).setup("predict")
    with pytest.raises(UserError, match="59 closes are too few to forecast from; the model looks at 60"):
        CloseDataModule(Given(random_walk(59)), context_length=60).setup("predict")


@pytest.mark.parametrize("setting", ["context_length", "horizon", "batch_size"])
def test_a_length_below_one_is_refused_by_name(setting: str) -> None:
    with pytest.raises(UserError, match=f"data.{setting} is 0"):
        CloseDataModule(Given(random_walk(60)), **{setting: 0})


def test_days_that_hold_no_closes_are_refused_with_those_that_do() -> None:
    with pytest.raises(
        UserError, match=r"closes from 2020-01-01 to 2020-04-09, and none between data.start \(2030-01-01\)"
    ):
        data_of(random_walk(100), start="2030-01-01")
    with pytest.raises(UserError, match="data.end is 'soon'"):
        data_of(random_walk(100), end="soon")


def test_a_source_is_asked_once() -> None:
    asked = []

    class Counted(Given):
        def load(self, columns: Sequence[str] = ()) -> CloseSeries:
            asked.append(1)
            return super().load(columns)

    data = CloseDataModule(Counted(random_walk(100)), context_length=5)
    data.setup("fit")
    data.setup("validate")
    data.setup("test")
    assert asked == [1]


def test_windows_of_all_series_are_trained_on_together() -> None:
    borders = {"val_from": "2020-03-01", "test_from": "2020-03-10"}
    data = coins_of(
        Given(random_walk(100)), Given(random_walk(80, 1), "2020-01-11", "NEW-USD"), batch_size=16, **borders
    )
    batches = list(data.train_dataloader())
    alone = [len(data_of(random_walk(100), start=start, **borders).fold.train) for start in (None, "2020-01-11")]
    assert [sum(int((window.series == number).sum()) for window in batches) for number in (0, 1)] == alone
    assert any(len(window.series.unique()) == 2 for window in batches)


def test_the_closes_a_scaling_may_see_are_those_of_training_windows_and_no_others() -> None:
    """Of series that begin, end and break off at different times."""
    early = Given(random_walk(60), without=[3, 20, 21], gaps="split", symbol="EARLY-USD")
    late = Given(random_walk(50, seed=1), start="2020-02-10", symbol="LATE-USD")
    data = coins_of(early, late, val_from="2020-02-20", test_from="2020-03-10")
    held = data.windows[data.fold.train]
    seen = set(held.context.flatten().tolist()) | set(held.target.flatten().tolist())
    closes = data.train_closes().tolist()
    assert set(closes) == seen
    assert len(closes) == len(seen)
    assert early.closes[1] not in seen  # of a stretch too short for a window


def test_how_far_closes_were_used_is_the_latest_day_of_all_series() -> None:
    short, longer = Given(random_walk(40), symbol="SHORT-USD"), Given(random_walk(100), symbol="LONG-USD")
    with pytest.warns(DataNotice, match="SHORT-USD: no val window between these borders"):
        data = coins_of(short, longer, val_from="2020-03-01", test_from="2020-03-20")
    assert (data.record()["fitted_until"][:10], data.record()["selected_until"][:10]) == ("2020-02-29", "2020-03-19")
    assert [record["symbol"] for record in data.record()["provenance"]] == ["SHORT-USD", "LONG-USD"]
    assert data.first_target_time(data.fold.val).isoformat()[:10] == "2020-03-01"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (Given(random_walk(90)), "data.source names COIN-USD twice; give each series a symbol of its own"),
        (
            Given(random_walk(90), symbol="HOURLY-USD", freq="h"),
            "COIN-USD: the bars are 1 day apart, and those of HOURLY-USD 1 hour; series are trained on together at one",
        ),
    ],
)
def test_series_that_cannot_be_trained_on_together_are_named(other: Given, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        coins_of(Given(random_walk(100)), other)
    with pytest.raises(UserError, match="data.source is an empty list"):
        coins_of()


def test_closes_are_simulated_if_those_of_one_series_are() -> None:
    data = CloseDataModule([Given(random_walk(100)), SimulatedSource(rows=100, start="2020-01-01")], context_length=5)
    data.setup("fit")
    assert data.simulated
    assert not data_of(random_walk(100)).simulated


def test_a_context_to_forecast_from_has_no_gap() -> None:
    broken = Given(random_walk(80), without=[70], gaps="split")
    CloseDataModule(broken, context_length=9).setup("predict")
    with pytest.raises(
        UserError, match="COIN-USD: 9 closes since 2020-03-12 are too few to forecast from; the model looks"
    ):
        CloseDataModule(broken, context_length=10).setup("predict")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ([], r"data.columns is \[\]; its first column is forecast"),
        ([" close"], "data.columns names ' close'; this column is called Close"),
        (["Close", "volume"], "data.columns names 'volume'; this column is called Volume"),
        (["Close", "High", "High"], "data.columns names High twice"),
    ],
)
def test_columns_that_cannot_be_are_refused_by_name(columns: list[str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        CloseDataModule(Given(random_walk(100)), columns=columns)


def test_a_source_without_further_columns_is_named() -> None:
    class ClosesOnly(Given):
        def load(self) -> CloseSeries:  # type: ignore[override]
            return super().load()

    for source in (ClosesOnly(random_walk(100)), Given(random_walk(100))):
        CloseDataModule(source, context_length=5).setup("fit")
        with pytest.raises(UserError, match=r"COIN-USD: \w+ gives closes only; leave Volume, High out of data.columns"):
            CloseDataModule(source, context_length=5, columns=["Close", "Volume", "High"]).setup("fit")


def test_further_columns_are_in_the_windows_and_in_the_fingerprint() -> None:
    columns = bars(100)
    source = Given(columns["Close"], others=columns)
    plain, whole = (
        data_of(columns["Close"]),
        CloseDataModule(source, 5, 2, columns=["Close", "Volume"], end="2020-03-30"),
    )
    whole.setup("fit")
    window = whole.windows[7]
    assert window.context[:, 1].tolist() == columns["Volume"][7:12]
    assert whole.series[0].others is not None
    assert len(whole.series[0].others) == len(whole.series[0].closes) == 90
    assert whole.series[0].provenance.sha256 != data_of(columns["Close"], end="2020-03-30").series[0].provenance.sha256
    assert plain.windows.prices.shape == (100, 1)
