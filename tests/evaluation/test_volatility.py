"""Forecasts of volatility, judged: losses counted by hand, baselines worked out once more, and no word on trading."""

import io
import json
import warnings

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from cryptoforecast import CloseDataModule, DataNotice, Mean, SimulatedSource, VolatilitySource, judge, print_verdict
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.comparison.measures import is_baseline
from cryptoforecast.evaluation.volatility import log_errors, qlike, volatility_scores
from cryptoforecast.evaluation.volatility_baselines import EWMA, GARCH, HAR
from tests.helpers import Given, bars, not_none


def data_of_volatility(count: int = 400, horizon: int = 2, altered: int | None = None) -> CloseDataModule:
    columns = bars(count)
    if altered is not None:
        for name in columns:
            columns[name][altered:] = [2 * value for value in columns[name][altered:]]
        columns["High"][altered:] = [1.3 * value for value in columns["High"][altered:]]
    closes = columns.pop("Close")
    source = VolatilitySource(Given(closes, others=columns))
    return CloseDataModule(source, context_length=10, horizon=horizon, val_from=0.6, test_from=0.7)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return rows_beside_baselines(Mean(context_length=10, horizon=2), data_of_volatility(), "test")


def test_the_losses_are_those_counted_by_hand() -> None:
    forecast, actual = np.array([0.02, 0.04, 0.0]), np.array([0.02, 0.02, 0.02])
    assert qlike(forecast, actual)[:2] == pytest.approx([0.0, 0.25 - np.log(0.25) - 1])
    assert log_errors(forecast, actual)[:2] == pytest.approx([0.0, np.log(2) ** 2])
    assert np.isnan(qlike(forecast, actual)[2])


def test_qlike_is_least_for_the_mean_variance_whatever_the_noise() -> None:
    actual = np.random.default_rng(0).lognormal(-4, 0.7, 10_000)
    root = np.sqrt(np.mean(actual**2))
    losses = [qlike(np.full(len(actual), factor * root), actual).mean() for factor in (0.9, 1.0, 1.1)]
    assert min(losses) == losses[1]


def test_the_moving_average_is_worked_out_once_more(rows: pd.DataFrame) -> None:
    data = data_of_volatility()
    data.setup("test")
    values, trained = data.series[0].closes, data.bars()[0].trained
    variance = float(np.mean(values.to_numpy()[trained] ** 2))
    wanted = {}
    for time, value in values.items():
        variance = 0.94 * variance + 0.06 * value**2
        wanted[time] = np.sqrt(variance)
    part = rows[rows["model"] == EWMA]
    assert part["forecast"].to_numpy() == pytest.approx(part["origin"].map(wanted).to_numpy(), rel=1e-12)


def test_corsis_regression_is_that_of_statsmodels(rows: pd.DataFrame) -> None:
    import statsmodels.api as sm

    data = data_of_volatility()
    data.setup("test")
    logs, trained = np.log(data.series[0].closes), data.bars()[0].trained
    table = pd.DataFrame({str(span): logs.rolling(span).mean() for span in (1, 5, 22)})
    for step in (1, 2):
        target = logs.shift(-step)
        seen = trained & pd.Series(trained).shift(-step, fill_value=False).to_numpy() & table["22"].notna().to_numpy()
        fitted = sm.OLS(target[seen], sm.add_constant(table[seen])).fit()
        part = rows[(rows["model"] == HAR) & (rows["step"] == step)]
        wanted = np.exp(fitted.predict(sm.add_constant(table)))
        assert part["forecast"].to_numpy() == pytest.approx(part["origin"].map(wanted).to_numpy(), rel=1e-8)


def test_garch_is_the_deviation_of_arch_on_the_closes_behind(rows: pd.DataFrame) -> None:
    from arch import arch_model

    data = data_of_volatility()
    data.setup("test")
    closes, trained = np.array(bars(400)["Close"]), data.bars()[0].trained
    changes = np.diff(np.log(closes), prepend=np.log(closes[0]))
    last = int(np.flatnonzero(trained)[-1])
    options = {"mean": "Zero", "vol": "GARCH", "p": 1, "o": 1, "q": 1, "dist": "t", "rescale": False}
    unit = changes[1 : last + 1].std()
    fitted = arch_model(changes[1 : last + 1] / unit, **options).fit(disp="off")
    filtered = arch_model(changes[1:] / unit, **options).fix(fitted.params).conditional_volatility * unit
    deviation = pd.Series(filtered, index=data.series[0].closes.index[:-1])  # at each origin, that of the next change
    part = rows[(rows["model"] == GARCH) & (rows["step"] == 1)]
    assert part["forecast"].to_numpy() == pytest.approx(part["origin"].map(deviation).to_numpy(), rel=1e-6)


def test_nothing_after_the_origin_changes_a_baseline(rows: pd.DataFrame) -> None:
    altered = rows_beside_baselines(Mean(context_length=10, horizon=2), data_of_volatility(altered=350), "test")
    cut = pd.Timestamp("2020-01-01", tz="UTC") + pd.Timedelta(days=349)
    names = [EWMA, HAR, GARCH]
    before, after = (part[part["model"].isin(names) & (part["origin"] <= cut)] for part in (rows, altered))
    assert len(before) == len(after) > 100
    assert np.array_equal(before["forecast"], after["forecast"])
    assert not np.array_equal(rows["forecast"], altered["forecast"])


def test_the_verdict_has_both_losses_and_no_word_on_directions_and_trading(rows: pd.DataFrame) -> None:
    verdict = judge(rows)
    text = io.StringIO()
    print_verdict(verdict, Console(file=text, width=100))
    shown = text.getvalue()
    for word in ("QLIKE", "MSE of logs", "yesterday's", EWMA, HAR, GARCH):
        assert word in shown
    for word in ("hits", "gain %", "held over", "trades", "Fisher"):
        assert word not in shown
    kept = json.loads(verdict.to_json())
    scores = volatility_scores(rows)["COIN-USD volatility"]
    by_model = kept["volatility"]["by_series"]["COIN-USD volatility"]
    assert by_model[HAR]["qlike"] == scores[HAR].qlike
    assert 0 <= by_model[EWMA]["diebold_mariano_qlike"]["p_value"] <= 1
    assert kept["scores"][HAR]["qlike"] == scores[HAR].qlike
    table = verdict.table().set_index("model")
    assert table.loc[HAR, "log_mse"] == scores[HAR].log_mse
    assert verdict.sentences[1] in shown
    assert kept["volatility"]["verdict"].startswith("Mean's volatility is better than RandomWalk's (QLIKE ")
    assert not_none(judge(rows, "val").volatility).sentence.endswith("by which it was chosen; test can tell.")
    assert kept["findings"]["COIN-USD volatility"]["Mean"]["trading"] is None


def test_without_closes_behind_garch_is_left_out_and_said() -> None:
    class Bare(VolatilitySource):
        def prices(self) -> pd.Series:
            return super().prices().iloc[:-50]

    columns = bars(200)
    closes = columns.pop("Close")
    data = CloseDataModule(Bare(Given(closes, others=columns)), context_length=10)
    with pytest.warns(DataNotice, match="VolatilityGarch is left out: COIN-USD volatility has volatilities of bars"):
        found = rows_beside_baselines(Mean(context_length=10), data, "test")
    assert GARCH not in set(found["model"])
    assert HAR in set(found["model"])


def test_realised_volatility_of_hours_is_forecast_by_day() -> None:
    source = VolatilitySource(SimulatedSource(rows=24 * 200, interval="1h"), "realised")
    data = CloseDataModule(source, context_length=10, val_from=0.6, test_from=0.7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        rows = rows_beside_baselines(Mean(context_length=10), data, "test")
    assert {EWMA, HAR, GARCH} <= set(rows["model"])
    assert str(data.interval) == "1 day"


def test_the_baselines_of_volatility_are_no_variants_of_a_comparison() -> None:
    assert all(is_baseline(name) for name in (EWMA, HAR, GARCH, f"{HAR} (btc/version_0)"))
