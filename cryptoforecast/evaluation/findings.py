"""Tests and descriptions of a model's forecasts on test targets, beyond its scores."""

from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.evaluation.direction import Direction, directions_of
from cryptoforecast.evaluation.interval import rmse_interval
from cryptoforecast.evaluation.lag import Lag, best_lag
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.quantity import is_of_prices
from cryptoforecast.evaluation.significance import NO_BENCHMARK, TestResult, degrees_of_freedom, diebold_mariano
from cryptoforecast.evaluation.trading import Trading, held_over_targets, trade


class ModelFindings(NamedTuple):
    """The findings on one model and one series; a field is None where it is undefined.

    Attributes:
        diebold_mariano: test of the squared errors against the random walk's.
        degrees_of_freedom: of its Student's t distribution.
        rmse_interval: 95 % interval of the RMSE, in the series' currency.
        direction: forecasts of the direction of the next change; None for the random walk, which forecasts none.
        best_lag: the lag at which forecasts follow the closes best.
        held_over_targets: gain of holding the coin over all targets, as a share: 0.1 is ten percent.
        trading: result of trading by the forecast directions.
    """

    diebold_mariano: TestResult
    degrees_of_freedom: int
    rmse_interval: tuple[float, float] | None
    direction: Direction | None
    best_lag: Lag | None
    held_over_targets: float | None
    trading: Trading | None

    def to_json(self) -> dict[str, Any]:
        """The entry of ``scores.json``."""
        called, traded = self.direction, self.trading
        return {
            "diebold_mariano": self.diebold_mariano._asdict() | {"degrees_of_freedom": self.degrees_of_freedom},
            "rmse_interval": self.rmse_interval,
            "direction": None
            if called is None
            else {
                "calls": called.calls,
                "hit_rate": called.hit_rate,
                "interval": (called.low, called.high),
                "base_rate": called.base_rate,
                "fisher_exact": {"p_value": called.p_value, "reason": called.reason},
            },
            "best_lag": None if self.best_lag is None else self.best_lag._asdict(),
            "held_over_targets": self.held_over_targets,
            "trading": None if traded is None else traded._asdict(),
        }


def findings_by_series(rows: pd.DataFrame) -> dict[str, dict[str, ModelFindings]]:
    """The findings on each series and model.

    Args:
        rows: forecast rows of several models on the same targets, the random walk among them.

    Returns:
        Findings by series and model, in the order of the rows. Where rows are not of prices, those on directions and
        trading are None, for nobody can trade them.
    """
    of_price = is_of_prices(rows)
    findings: dict[str, dict[str, ModelFindings]] = {}
    for (series, model), part in rows.groupby(["series", "model"], sort=False):
        walk = rows[(rows["series"] == series) & (rows["model"] == RANDOM_WALK)]
        findings.setdefault(str(series), {})[str(model)] = ModelFindings(
            diebold_mariano=NO_BENCHMARK if model == RANDOM_WALK else diebold_mariano(part, walk),
            degrees_of_freedom=degrees_of_freedom(part["origin"].nunique(), int(part["step"].max())),
            rmse_interval=rmse_interval(part),
            direction=directions_of(part) if of_price else None,
            best_lag=best_lag(part),
            held_over_targets=held_over_targets(part) if of_price else None,
            trading=trade(part) if of_price else None,
        )
    return findings
