"""The first stage: each source is loaded again, with garbage in its files from a border on."""

from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.audit.altered import Alteration, AlteredSource
from cryptoforecast.audit.garbage import with_garbage
from cryptoforecast.audit.lookahead import LookAhead, StageResult, difference
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

FURTHER_BORDERS = 5  # evenly over the closes, from which on a source's files are altered too
MOST_HOLES = 25  # stretches of closes that stand in no file, each a border of its own


def check_source(data: CloseDataModule, borders: list[pd.Timestamp]) -> tuple[list[Alteration], StageResult]:
    """Ask each source again, with garbage in its files; of one without files, its series is altered instead."""
    cut: dict[str, Any] = {"val_from": borders[0].isoformat(), "test_from": data.test_from}
    if len(borders) > 1:  # as dates, for a border given as a fraction would move if a source left garbage out
        cut["test_from"] = borders[1].isoformat()
    further = [known.further for known in data.source]  # type: ignore[union-attr]
    altered = [Alteration(border, [], [], [], cut, further) for border in borders]
    compared, unchecked = [], []
    sources: Any = data.source
    for known in sources:
        name, series = known.series.closes.name, known.series
        try:
            source = AlteredSource(known.source)
            by_border, count = _ask_again(source, series, borders, known.further)
            compared.append(f"{len(series.closes):,} closes of {name}, with garbage in its files from {count} days on")
            asked = True
        except LookAhead:
            raise
        except UserError as reason:
            by_border, asked = {border: with_garbage(series, border) for border in borders}, False
            unchecked.append(f"{name}: {str(reason).rstrip('.')}")
        for alteration, border in zip(altered, borders, strict=True):
            alteration.files.extend([source] if asked else [])
            alteration.series.append(by_border[border])
            alteration.asked.append(asked)
    return altered, StageResult("source", "; ".join(compared), "; ".join(unchecked))


def _ask_again(
    source: AlteredSource, series: CloseSeries, borders: list[pd.Timestamp], further: tuple[str, ...]
) -> tuple[dict[pd.Timestamp, CloseSeries], int]:
    """What the source says where its files are garbage from a border on; borders of our own are looked at too.

    Raises:
        LookAhead: naming the close that has changed before its border.
        UserError: if the source did not notice the garbage.
    """
    times = pd.DatetimeIndex(series.closes.index)
    holes = source.holes(times, series.interval)[:MOST_HOLES]
    evenly = [times[at] for at in np.linspace(1, len(times) - 1, FURTHER_BORDERS + 2).astype(int)[1:-1]]
    answers = {}
    every = dict.fromkeys([*borders, *holes, *evenly])
    for border in every:
        changed = source.load(border, further)  # rows stamped later within the bar before are that bar's
        if what := difference(series, changed, border):
            who = type(source.source).__name__
            raise LookAhead("source", f"{who}: {what}, by what the rows from {say_time(border)} on hold")
        answers[border] = changed
    last = times[-1]
    if last >= borders[0] and difference(series, answers[borders[0]], series.interval.after(last, 1)[0]) is None:
        raise UserError(f"garbage in {source.names} changes no close, so they come from elsewhere")
    return {border: answers[border] for border in borders}, len(every)
