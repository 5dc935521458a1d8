"""Which lines of a register can be scored: checked one by one, and beside the closes that have come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.register.chain import Chain, Problem
from cryptoforecast.register.promises import Promise, deadline_of, promise_of


class Scored(NamedTuple):
    """A line of which a bar or more is there, and the closes of its steps, NaN where there is none."""

    promise: Promise
    actual: list[float]


class Checked(NamedTuple):
    """The lines of a register by what has become of them.

    Attributes:
        scored: lines of which a bar or more is there.
        open: number of forecasts whose bar is still to come.
        absent: number of forecasts whose bar the closes lack, though later ones are there.
        problems: lines that were late, are repeated, or do not fit the closes.
    """

    scored: list[Scored]
    open: int
    absent: int
    problems: list[Problem]


def read_promises(chain: Chain) -> tuple[list[Promise], list[Problem]]:
    """The lines of an intact chain, read, and those that are no line that ``register`` writes."""
    promises, problems = [], []
    for number, record in enumerate(chain.records, start=1):
        try:
            promises.append(promise_of(number, record or {}))
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(Problem(number, "it is no line that register writes."))
    return promises, problems


def check_promises(promises: Sequence[Promise], closes: Mapping[str, CloseSeries]) -> Checked:
    """Sort the lines of a register by what has become of them.

    Args:
        promises: the lines.
        closes: the series by name.
    """
    scored: list[Scored] = []
    problems: list[Problem] = []
    counts = Counter[str]()
    seen: dict[tuple[str, str, pd.Timestamp], Promise] = {}
    latest = None
    for promise in promises:
        series = closes.get(promise.series)
        problem = _problem_of(promise, series, seen, latest)
        latest = promise.registered if latest is None else max(latest, promise.registered)
        seen.setdefault((promise.name, promise.series, promise.origin), promise)
        if problem is not None or series is None:
            problems.append(Problem(promise.line, problem or "there are no such closes."))
            continue
        times = pd.DatetimeIndex(promise.timestamps)
        values = series.closes.reindex(times)
        counts["open"] += int((times > series.closes.index[-1]).sum())
        counts["missing"] += int(values.isna().sum())
        if values.notna().any():
            scored.append(Scored(promise, values.tolist()))
    return Checked(scored, counts["open"], counts["missing"] - counts["open"], problems)


def missing_bars(promises: Sequence[Promise], closes: Mapping[str, CloseSeries]) -> tuple[int, int]:
    """Of the bars between a model's first and last, how many it has not forecast from, and how many there are.

    Args:
        promises: all lines of one model that count.
        closes: the series by name.
    """
    missing = count = 0
    for series in dict.fromkeys(promise.series for promise in promises):
        origins = {promise.origin for promise in promises if promise.series == series}
        times = closes[series].closes.index
        between = times[(times >= min(origins)) & (times <= max(origins))]
        count += len(between)
        missing += len(set(between) - origins)
    return missing, count


def common_rungs(scored: Sequence[Scored]) -> list[str]:
    """The rungs that stand in every line of a model, in the order of the ladder."""
    counts = Counter(name for part in scored for name in part.promise.rungs)
    return [name for name in scored[0].promise.rungs if counts[name] == len(scored) and name != scored[0].promise.name]


def _problem_of(
    promise: Promise,
    series: CloseSeries | None,
    seen: Mapping[tuple[str, str, pd.Timestamp], Promise],
    latest: pd.Timestamp | None,
) -> str | None:
    """What is wrong with a line, as a sentence; None if nothing is."""
    what, origin = f"the forecast of {promise.name} for {promise.series}", say_time(promise.origin)
    if latest is not None and promise.registered < latest:
        return f"it was registered before a line above it, at {say_time(promise.registered)}."
    if (earlier := seen.get((promise.name, promise.series, promise.origin))) is not None:
        alike = earlier._replace(line=promise.line, registered=promise.registered) == promise
        return f"{what} from {origin} stands in line {earlier.line:,} already, {'the same' if alike else 'another'}."
    if series is None:
        return None
    first = promise.timestamps[0]
    if first <= promise.origin or promise.registered >= deadline_of(series.interval, first):
        return (
            f"{what} of {say_time(first)} is late: it was registered at {say_time(promise.registered)}, and a tenth of "
            f"the bar was over at {say_time(deadline_of(series.interval, first))}."
        )
    if promise.origin > series.closes.index[-1]:
        return None  # these closes are older, and the forecast is open
    if promise.origin not in series.closes.index:
        return f"{what} is from {origin}, at which there is no close now."
    if (close := float(series.closes[promise.origin])) != promise.last:
        return (
            f"{what} is from a close of {promise.last!r} at {origin}, and now it is {close!r}: the data were revised."
        )
    return None
