"""What the test targets say of a model beyond its scores."""

from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.evaluation.direction import Direction, directions_of
from cryptoforecast.evaluation.interval import rmse_interval
from cryptoforecast.evaluation.lag import Lag, best_lag
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import NO_BENCHMARK, TestResult, degrees_of_freedom, diebold_mariano
from cryptoforecast.evaluation.trading import Trading, held_over_targets, trade


class ModelFindings(NamedTuple):
    """One model on one series; None stands for what it has not, such as the random walk's directions.

    ``diebold_mariano`` is the test against the random walk, by Student's t of ``degrees_of_freedom``;
    ``held_over_targets`` is the gain of holding the coin, as a share.
    """

    diebold_mariano: TestResult
    degrees_of_freedom: int
    rmse_interval: tuple[float, float] | None
    direction: Direction | None
    best_lag: Lag | None
    held_over_targets: float | None
    trading: Trading | None

    def to_json(self) -> dict[str, Any]:
        """As ``scores.json`` holds it."""
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
    """Look at each series and each model by itself.

    Args:
        rows: forecast rows of several models, the random walk among them, on the same targets.

    Returns:
        The findings by series and model, in the order they stand in the rows.
    """
    found: dict[str, dict[str, ModelFindings]] = {}
    for (series, model), own in rows.groupby(["series", "model"], sort=False):
        walk = rows[(rows["series"] == series) & (rows["model"] == RANDOM_WALK)]
        found.setdefault(str(series), {})[str(model)] = ModelFindings(
            diebold_mariano=NO_BENCHMARK if model == RANDOM_WALK else diebold_mariano(own, walk),
            degrees_of_freedom=degrees_of_freedom(own["origin"].nunique(), int(own["step"].max())),
            rmse_interval=rmse_interval(own),
            direction=directions_of(own),
            best_lag=best_lag(own),
            held_over_targets=held_over_targets(own),
            trading=trade(own),
        )
    return found
