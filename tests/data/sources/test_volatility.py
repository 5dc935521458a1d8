"""Volatility as a series: estimates counted by hand, days that lack hours named, and nothing lost on the way."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CloseDataModule, CsvSource, DataNotice, SimulatedSource, UserError, VolatilitySource
from cryptoforecast.data.report import report
from cryptoforecast.data.series import GapsFound
from cryptoforecast.recipe.read import read_recipe
from cryptoforecast.recipe.write import recipe_of
from tests.helpers import Given, bars, random_walk

BARS = {"Open": [100.0, 102.0, 99.0], "High": [110.0, 104.0, 101.0], "Low": [95.0, 100.0, 98.0]}
CLOSES = [102.0, 103.0, 100.0]


def test_parkinsons_estimate_is_that_counted_by_hand() -> None:
    series = VolatilitySource(Given(CLOSES, others=BARS)).load()
    first = np.log(110 / 95) / np.sqrt(4 * np.log(2))
    assert series.closes.iloc[0] == pytest.approx(first, rel=1e-12)
    assert series.closes.iloc[0] == pytest.approx(0.0880443, abs=1e-6)
    assert (series.closes.name, series.quantity) == ("COIN-USD volatility", "volatility")


def test_garman_and_klass_estimate_is_that_counted_by_hand() -> None:
    series = VolatilitySource(Given(CLOSES, others=BARS), "garman_klass").load()
    variance = 0.5 * np.log(110 / 95) ** 2 - 0.386294361 * np.log(102 / 100) ** 2
    assert series.closes.iloc[0] == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_realised_volatility_is_the_root_of_the_squared_changes_of_a_day_counted_by_hand() -> None:
    closes = random_walk(24 * 3)
    series = VolatilitySource(Given(closes, freq="h"), "realised").load()
    days = [np.sqrt(np.sum(np.diff(np.log(closes[24 * day - 1 : 24 * (day + 1)])) ** 2)) for day in (1, 2)]
    assert series.closes.to_numpy() == pytest.approx(days, rel=1e-12)  # the first day lacks the close before it
    assert [str(time.date()) for time in series.closes.index] == ["2020-01-02", "2020-01-03"]


def test_all_estimates_find_the_volatility_of_a_walk_that_was_drawn_with_one() -> None:
    """A Brownian path of 2 % a day in steps of ten seconds: the estimates agree with it, and with each other."""
    random, days, steps = np.random.default_rng(0), 400, 24 * 60
    path = np.cumsum(random.normal(0, 0.02 / np.sqrt(steps), (days, steps)).flatten()).reshape(days, steps)
    opening = np.concatenate([[0.0], path[:-1, -1]])
    whole = np.column_stack([opening, path])
    others = {"Open": opening, "High": whole.max(axis=1), "Low": whole.min(axis=1)}
    given = Given(np.exp(path[:, -1]).tolist(), others={name: np.exp(part).tolist() for name, part in others.items()})
    hourly = Given(np.exp(path[:, 59::60].flatten()).tolist(), freq="h")
    variances = {
        name: float(np.mean(np.square(VolatilitySource(source, name).load().closes)))
        for name, source in (("parkinson", given), ("garman_klass", given), ("realised", hourly))
    }
    for variance in variances.values():
        assert np.sqrt(variance) == pytest.approx(0.02, rel=0.05)


def test_days_that_lack_an_hour_are_named_and_refused_or_split() -> None:
    hourly = Given(random_walk(24 * 8), freq="h", without=[24 * 4 + 5], gaps="split")
    with pytest.raises(GapsFound, match=r"days that lack a close of a bar have no volatility: 2020-01-05\."):
        VolatilitySource(hourly, "realised").load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        series = VolatilitySource(hourly, "realised", gaps="split").load()
    assert [time.day for time in series.closes.index] == [2, 3, 4, 6, 7, 8]
    assert series.quantity == "volatility"
    assert any("2020-01-05" in note for note in series.provenance.notes)


def test_bars_without_a_range_are_missing_and_named() -> None:
    others = {"High": [110.0, 104.0, 103.0, 105.0], "Low": [95.0, 104.0, 100.0, 101.0]}
    with pytest.raises(GapsFound, match="bars without a range have no volatility: 2020-01-02"):
        VolatilitySource(Given([100.0, 104.0, 101.0, 102.0], others=others)).load()


def test_bars_that_cannot_have_a_volatility_are_refused() -> None:
    with pytest.raises(UserError, match="2020-01-01 the high is 90 and the low 95"):
        VolatilitySource(Given(CLOSES, others={**BARS, "High": [90.0, 104.0, 101.0]})).load()
    with pytest.raises(UserError, match="1 day apart; realised volatility takes bars of which"):
        VolatilitySource(Given(random_walk(30)), "realised").load()
    with pytest.raises(UserError, match="gives closes only"):
        VolatilitySource(Given(random_walk(30))).load()
    with pytest.raises(UserError, match=r"data.source.source is 'BTC-USD.csv'"):
        VolatilitySource("BTC-USD.csv")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="volatility"):
        CloseDataModule([Given(random_walk(90), symbol="A"), VolatilitySource(Given(**whole(90)))]).setup("fit")


def whole(count: int) -> dict[str, object]:
    columns = bars(count)
    return {"closes": columns.pop("Close"), "others": columns}


def test_the_report_says_volatility_and_its_unit() -> None:
    text = report(VolatilitySource(Given(CLOSES, others=BARS)).load())
    assert "first volatility 0.08804" in text
    assert "per bar, as a share, at 2020-01-01" in text
    assert "volatilities" in text
    assert "Parkinson's estimate from High and Low" in text
    assert "first close      102 at" not in text


def test_its_record_makes_it_again_with_the_same_fingerprint() -> None:
    source = VolatilitySource(SimulatedSource(rows=240, interval="1h"), "realised")
    again = read_recipe(recipe_of(source), VolatilitySource).make()
    assert again.load().provenance.sha256 == source.load().provenance.sha256
    assert again.load().provenance.simulated


def test_files_are_named_in_its_provenance(tmp_path: Path) -> None:
    days = pd.date_range("2020-01-01", periods=3)
    table = pd.DataFrame({"Date": days, **BARS, "Close": CLOSES})
    table.to_csv(tmp_path / "COIN-USD.csv", index=False)
    provenance = VolatilitySource(CsvSource("COIN-USD.csv", folder=str(tmp_path))).load().provenance
    assert provenance.files == ("COIN-USD.csv",)
    assert provenance.source == "VolatilitySource of CsvSource"
