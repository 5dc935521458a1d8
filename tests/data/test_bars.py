"""Bars for the ladder: High and Low wherever a source has them, the same days as the closes, and training bars."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cryptoforecast import CloseDataModule, CloseSeries, CsvSource, FirstAvailable, SimulatedSource, Source
from cryptoforecast.data.bars import Bars
from cryptoforecast.data.sources.source import SourceUnavailable
from tests.helpers import Given, bars, not_none, write_yahoo

LENGTHS = {"context_length": 5, "horizon": 2}


def bars_from(source: Source, stage: str = "fit", **settings: object) -> Bars:
    data = CloseDataModule(source, **{**LENGTHS, **settings})  # type: ignore[arg-type]
    data.setup(stage)
    return data.bars()[0]


def given(count: int = 100, **changed: list[float]) -> Given:
    columns = {**bars(count), **changed}
    return Given(columns.pop("Close"), others=columns)


def test_high_and_low_of_a_file_are_read_where_no_model_asks_for_them(tmp_path: Path) -> None:
    closes = bars(100)["Close"]
    read = bars_from(CsvSource(str(write_yahoo(tmp_path / "COIN-USD.csv", closes))))
    assert read.closes.tolist() == closes
    assert not_none(read.highs).tolist() == [close * 1.02 for close in closes]
    assert not_none(read.lows).tolist() == [close * 0.98 for close in closes]


def test_a_file_of_closes_alone_has_neither(tmp_path: Path) -> None:
    days = np.arange("2020-01-01", "2020-04-10", dtype="datetime64[D]")
    rows = "\n".join(f"{day},{close!r}" for day, close in zip(days, bars(len(days))["Close"], strict=True))
    (tmp_path / "closes.csv").write_text(f"Date,Close\n{rows}\n")
    read = bars_from(CsvSource(str(tmp_path / "closes.csv"), symbol="COIN-USD"))
    assert (read.highs, read.lows) == (None, None)


def test_they_are_the_same_whatever_columns_a_model_sees() -> None:
    alone, beside = bars_from(given()), bars_from(given(), columns=("Close", "High", "Low"))
    volume = bars_from(given(), columns=("Close", "Volume"))
    for other in (beside, volume):
        assert np.array_equal(not_none(alone.highs), not_none(other.highs))
        assert np.array_equal(not_none(alone.lows), not_none(other.lows))


def test_they_are_cut_to_the_days_of_the_closes() -> None:
    whole, cut = bars_from(given()), bars_from(given(), start="2020-01-11", end="2020-03-20")
    assert len(cut.closes) == 70
    for name in ("times", "closes", "highs", "lows"):
        assert np.array_equal(getattr(cut, name), getattr(whole, name)[10:80])
    assert not cut.follows[0]


def test_gaps_are_marked_and_ranges_stay_with_their_bars() -> None:
    columns = bars(100)
    source = Given(columns.pop("Close"), others=columns, without=(40, 41), gaps="split")
    read = bars_from(source)
    assert np.flatnonzero(~read.follows).tolist() == [0, 40]
    assert not_none(read.highs)[40] == columns["High"][42]


def test_a_bar_whose_low_is_above_its_high_has_no_range_and_the_others_have() -> None:
    columns = bars(100)
    columns["High"][30] = columns["Low"][30] / 2
    columns["Low"][31] = columns["High"][31] * 2
    read = bars_from(given(**columns))
    assert np.flatnonzero(np.isnan(not_none(read.highs))).tolist() == [30, 31]
    assert np.flatnonzero(np.isnan(not_none(read.lows))).tolist() == [30, 31]


def test_a_source_that_takes_high_for_low_has_no_ranges() -> None:
    columns = bars(100)
    read = bars_from(given(High=columns["Low"], Low=columns["High"]))
    assert read.highs is None


def test_the_source_that_could_be_reached_is_asked_for_its_ranges_without_a_second_notice() -> None:
    class Unreachable(Source):
        def load(self, columns: Sequence[str] = ()) -> CloseSeries:
            raise SourceUnavailable("nobody answers.")

    data = CloseDataModule(FirstAvailable([Unreachable(), given()]), **LENGTHS)  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="nobody answers"):
        data.setup("fit")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data.bars()[0].highs is not None


def test_ranges_of_other_closes_than_those_loaded_first_are_not_taken() -> None:
    class Changing(Given):
        def load(self, columns: Sequence[str] = ()) -> CloseSeries:
            self.closes = self.closes if not columns else [2 * close for close in self.closes]
            return super().load(columns)

    columns = bars(100)
    assert bars_from(Changing(columns.pop("Close"), others=columns)).highs is None


def test_sources_that_take_no_columns_have_none() -> None:
    class Closes(Source):
        def load(self) -> CloseSeries:  # type: ignore[override]
            return Given(bars(100)["Close"]).load()

    assert bars_from(Closes()).highs is None


def test_simulated_bars_have_both() -> None:
    read = bars_from(SimulatedSource(rows=100))
    assert (not_none(read.highs) >= read.closes).all()
    assert (not_none(read.lows) <= read.closes).all()


def test_a_source_is_asked_once_more_and_only_where_its_ranges_are_needed() -> None:
    asked: list[tuple[str, ...]] = []

    class Counting(Given):
        def load(self, columns: Sequence[str] = ()) -> CloseSeries:
            asked.append(tuple(columns))
            return super().load(columns)

    columns = bars(100)
    data = CloseDataModule(Counting(columns.pop("Close"), others=columns), **LENGTHS)  # type: ignore[arg-type]
    data.setup("fit")
    assert asked == [()]
    data.bars()
    data.bars()
    assert asked == [(), ("High", "Low")]


def test_only_bars_in_training_windows_are_marked_and_none_before_windows_are_cut() -> None:
    data = CloseDataModule(given(), val_from=0.6, test_from=0.8, **LENGTHS)  # type: ignore[arg-type]
    data.setup("predict")
    assert not data.bars()[0].trained.any()
    data.setup("fit")
    assert np.flatnonzero(data.bars()[0].trained).tolist() == list(range(60))
