"""The close series of all sources, checked to fit together and cut to the days wanted."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from cryptoforecast.data.columns import load_columns
from cryptoforecast.data.series import CloseSeries, fingerprint
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.sources.source import load_one as load_one
from cryptoforecast.data.times import say_time, to_utc
from cryptoforecast.errors import UserError


def load_all(
    sources: Sequence[Source], columns: Sequence[str], start: str | None = None, end: str | None = None
) -> list[CloseSeries]:
    """The close series of all sources, from one day to another.

    Args:
        sources: the sources.
        columns: names of the columns wanted, what is forecast first.
        start: first day used, itself included; None for all.
        end: last day used, itself included; None for all.

    Raises:
        UserError: if a series cannot be loaded, lacks a column or has no closes on these days; if two series have
            the same name or different intervals.
    """
    if not sources:
        raise UserError("data.source is an empty list; name at least one source.")
    series = [load_columns(source, columns) for source in sources]
    names = [str(member.closes.name) for member in series]
    for at, member in enumerate(series):
        if names[at] in names[:at]:
            raise UserError(f"data.source names {names[at]} twice; give each series a symbol of its own.")
        if member.interval != series[0].interval:
            raise UserError(
                f"{names[0]}: the bars are {series[0].provenance.interval} apart, and those of {names[at]} "
                f"{member.provenance.interval}; series are trained on together at one interval."
            )
        if member.quantity != series[0].quantity:
            raise UserError(
                f"{names[0]} is a series of {series[0].quantity}, and {names[at]} of {member.quantity}; series are "
                "trained on together if they are of one quantity."
            )
    return [_between(member, start, end) for member in series]


def to_record(series: CloseSeries) -> dict[str, Any]:
    """A series' provenance as a dictionary of plain values, for JSON and checkpoints."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(series.provenance).items()
    }


def _between(series: CloseSeries, start: str | None, end: str | None) -> CloseSeries:
    for name, date in (("start", start), ("end", end)):
        if date is not None:
            to_utc(date, f"data.{name}")  # pandas would complain in its own words
    closes = series.closes.loc[start:end]
    if not len(closes):
        first, last = say_time(series.closes.index[0]), say_time(series.closes.index[-1])
        raise UserError(
            f"{series.closes.name}: there are closes from {first} to {last}, and none between "
            f"data.start ({start or first}) and data.end ({end or last})."
        )
    further = None if series.others is None else series.others.loc[closes.index]
    provenance = replace(
        series.provenance,
        first=closes.index[0].isoformat(),
        last=closes.index[-1].isoformat(),
        rows=len(closes),
        sha256=fingerprint(closes, further),
    )
    return series._replace(closes=closes, others=further, provenance=provenance)
