"""Several series as one: their common stretch, so that a window holds the bars of all of them at the same times."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.series import CloseSeries, fingerprint
from cryptoforecast.data.times import say_time
from cryptoforecast.data.windows import WindowDataset
from cryptoforecast.errors import DataNotice, UserError


def common_stretch(series: Sequence[CloseSeries]) -> list[CloseSeries]:
    """The series with the bars that all of them have; a notice says of how many bars each was shortened.

    Args:
        series: two or more.

    Raises:
        UserError: if there is a single series, or no time at which all have a bar.
    """
    if len(series) < 2:
        raise UserError(
            "data.across is of several series; name two or more in data.source, or set data.across to false."
        )
    times = pd.DatetimeIndex(series[0].closes.index)
    for member in series[1:]:
        times = times.intersection(pd.DatetimeIndex(member.closes.index))
    if not len(times):
        names = ", ".join(str(member.closes.name) for member in series)
        raise UserError(f"{names}: there is no time at which all of them have a bar; set data.across to false.")
    shortened = [member for member in series if len(member.closes) > len(times)]
    if shortened:
        lost = ", ".join(f"{len(member.closes) - len(times):,} of {member.closes.name}" for member in shortened)
        stretch = f"{len(times):,} from {say_time(times[0])} to {say_time(times[-1])}"
        notice = f"data.across takes the bars that all series have, {stretch}; left out: {lost}."
        warnings.warn(notice, DataNotice, stacklevel=3)
    return [_at(member, times) for member in series]


def by_time(windows: WindowDataset, positions: Int64[Tensor, " windows"]) -> tuple[Int64[Tensor, " windows"], int]:
    """Windows ordered by time, and how many consecutive ones are of one time: as many as there are series, else 1.

    Args:
        windows: of series with the same times.
        positions: the numbers of some windows, series by series.
    """
    count, starts = len(windows.names), windows.times[windows.rows(positions)]
    ordered = starts.argsort(stable=True)
    moments = starts[ordered]
    if len(moments) % count or (moments.view(-1, count) != moments[::count].unsqueeze(1)).any():
        return positions, 1
    return positions[ordered], count


def _at(series: CloseSeries, times: pd.DatetimeIndex) -> CloseSeries:
    if len(series.closes) == len(times):
        return series
    closes = series.closes.loc[times]
    further = None if series.others is None else series.others.loc[times]
    provenance = replace(
        series.provenance,
        first=times[0].isoformat(),
        last=times[-1].isoformat(),
        rows=len(times),
        sha256=fingerprint(closes, further),
    )
    return series._replace(closes=closes, others=further, provenance=provenance)
