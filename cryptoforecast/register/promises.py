"""A line of a register: what a model has forecast of a series at an origin, before the bars began."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast._version import __version__
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.evaluation.distribution.quantile_columns import LOG_DENSITY, PIT, QUANTILES, RISE
from cryptoforecast.evaluation.metrics import RANDOM_WALK

LATE = 0.1  # share of the first bar that is over: without a break, a bar begins when the one before ends
SYSTEM_CLOCK, GIVEN_CLOCK = "system", "given"


class Promise(NamedTuple):
    """A line of a register, read.

    Attributes:
        line: its number, counted from 1.
        name: of the model in the register.
        series: the name of the series.
        origin: time of the last bar that the model has seen.
        last: the close of that bar.
        registered: when it was registered.
        clock: ``system``, or ``given`` where the time was an argument.
        simulated: whether the closes are simulated.
        timestamps: times of the bars that are forecast, one for each step.
        forecasts: of each step, in price.
        quantiles: of each step at the 21 levels, in price; None of a model that forecasts points alone.
        rises: probabilities of a rise of each step; None of a model without.
        rungs: the quantiles of the ladder's rungs, by name.
    """

    line: int
    name: str
    series: str
    origin: pd.Timestamp
    last: float
    registered: pd.Timestamp
    clock: str
    simulated: bool
    timestamps: list[pd.Timestamp]
    forecasts: list[float]
    quantiles: list[list[float]] | None
    rises: list[float] | None
    rungs: dict[str, list[list[float]]]


def record_of(
    rows: pd.DataFrame,
    series: CloseSeries,
    model: Mapping[str, Any],
    rungs: Mapping[str, Any],
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    """A line of the register, without the time of registration and the hashes.

    Args:
        rows: of one series, as :func:`~cryptoforecast.evaluation.next_closes.next_closes` returns them.
        series: the closes that were seen.
        model: its ``name``, ``class`` and ``checkpoint``.
        rungs: quantiles in price of each rung of the ladder, ``(steps, levels)``.
        left_out: why rungs are left out.
    """
    forecasts = []
    for row in rows.to_dict("records"):
        forecast = {"step": int(row["step"]), "timestamp": _text(row["timestamp"]), "forecast": float(row["forecast"])}
        if QUANTILES[0] in row:
            forecast["quantiles"] = [float(row[level]) for level in QUANTILES]
        if RISE in row:
            forecast["rise"] = float(row[RISE])
        forecasts.append(forecast)
    provenance = series.provenance
    data = {
        "series": str(series.closes.name),
        "source": provenance.source,
        "interval": str(series.interval),
        "rows": len(series.closes),
        "sha256": provenance.sha256,
        "simulated": provenance.simulated,
    }
    return {
        "model": dict(model),
        "data": data,
        "origin": _text(rows["origin"].iloc[0]),
        "last": float(rows["last"].iloc[0]),
        "forecasts": forecasts,
        "rungs": {name: np.asarray(quantiles).tolist() for name, quantiles in rungs.items()},
        "left_out": dict(left_out),
        "cryptoforecast": __version__,
    }


def promise_of(line: int, record: Mapping[str, Any]) -> Promise:
    """A line of the register, read.

    Raises:
        ValueError, KeyError or TypeError: if something is missing or of another kind.
    """
    forecasts = record["forecasts"]
    if [forecast["step"] for forecast in forecasts] != list(range(1, len(forecasts) + 1)) or not forecasts:
        raise ValueError("the steps are not counted from 1")
    quantiles = [_numbers(forecast["quantiles"]) for forecast in forecasts if "quantiles" in forecast]
    rises = [float(forecast["rise"]) for forecast in forecasts if "rise" in forecast]
    if any(part and len(part) != len(forecasts) for part in (quantiles, rises)):
        raise ValueError("a step lacks what the others have")
    return Promise(
        line,
        str(record["model"]["name"]),
        str(record["data"]["series"]),
        _time(record["origin"]),
        float(record["last"]),
        _time(record["registered"]),
        str(record["clock"]),
        bool(record["data"]["simulated"]),
        [_time(forecast["timestamp"]) for forecast in forecasts],
        [float(forecast["forecast"]) for forecast in forecasts],
        quantiles or None,
        rises or None,
        {str(name): [_numbers(step) for step in steps] for name, steps in record["rungs"].items()},
    )


def deadline_of(interval: Interval, target: pd.Timestamp) -> pd.Timestamp:
    """The time from which a forecast of a bar is late: a tenth of the bar is over.

    >>> from cryptoforecast.data.interval import FixedStep
    >>> deadline_of(FixedStep(86_400 * 10**9), pd.Timestamp("2024-01-02", tz="UTC"))
    Timestamp('2024-01-02 02:24:00+0000', tz='UTC')
    """
    end = interval.ends(pd.DatetimeIndex([target]))[0]
    return pd.Timestamp(target + LATE * (end - target))


def rows_of(promise: Promise, actual: Sequence[float], rungs: Sequence[str]) -> pd.DataFrame:
    """The forecast rows of the steps whose bars are there: the model's, then the rungs', as :func:`judge` takes them.

    Args:
        promise: the line.
        actual: the closes that it has forecast, NaN where there is none.
        rungs: those to stand beside the model.
    """
    steps = range(1, len(actual) + 1)
    shared = {"series": promise.series, "fold": 0, "origin": promise.origin, "step": steps,
              "timestamp": promise.timestamps, "last": promise.last, "actual": list(actual)}  # fmt: skip
    parts = [_rows(shared, promise.name, promise.forecasts, promise.quantiles)]
    if promise.rises is not None:
        parts[0][RISE] = promise.rises
    besides = {name: promise.rungs[name] for name in rungs}
    if RANDOM_WALK not in besides and promise.name != RANDOM_WALK:
        parts.append(_rows(shared, RANDOM_WALK, [promise.last] * len(actual), None))
    parts += [_rows(shared, name, [promise.last] * len(actual), quantiles) for name, quantiles in besides.items()]
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["actual"].notna()].reset_index(drop=True)


def _rows(
    shared: Mapping[str, Any], model: str, forecasts: Sequence[float], quantiles: Sequence[Sequence[float]] | None
) -> pd.DataFrame:
    rows = pd.DataFrame({**shared, "model": model, "forecast": list(forecasts)})
    if quantiles is None:
        return rows
    further = pd.DataFrame(list(quantiles), columns=QUANTILES).assign(**{PIT: np.nan, LOG_DENSITY: np.nan})
    return pd.concat([rows, further], axis="columns")


def _numbers(values: Any) -> list[float]:
    if len(values) != len(QUANTILES):
        raise ValueError(f"there are not {len(QUANTILES)} quantiles")
    return [float(value) for value in values]


def _text(time: Any) -> str:
    return str(pd.Timestamp(time).isoformat())


def _time(text: Any) -> pd.Timestamp:
    time = pd.Timestamp(str(text))
    if time is pd.NaT or time.tzinfo is None:
        raise ValueError(f"{text} is no time with a zone")
    return time.tz_convert("UTC").as_unit("ns")
