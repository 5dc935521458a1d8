"""A source with further columns, which are joined by time from a file: funding rates, on-chain numbers, sentiment."""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.data.argument_checks import require_text
from cryptoforecast.data.column_scalings import require_scalings
from cryptoforecast.data.files.bytes.open_file import find_files
from cryptoforecast.data.files.joined_columns import FileColumns, first_column, named_columns, read_columns
from cryptoforecast.data.files.knobs import DecimalMark, Knobs, knobs_of, require_knobs
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CloseSeries, ColumnScaling, Provenance, fingerprint
from cryptoforecast.data.sources.source import Source, load_one, require_source
from cryptoforecast.data.times import in_nanoseconds, say_duration, say_time, to_duration
from cryptoforecast.errors import DataNotice, UserError

if TYPE_CHECKING:  # jaxtyping loads unittest, asyncio and ssl
    from jaxtyping import Float64, Int64

AHEAD = 4096  # bars after the last one, at most, for which known columns are kept


class WithColumns(Source):
    r"""Another source, with further columns of a file beside its own.

    A bar is given the last value that is available at the bar's time, which is the time of its opening: the value of
    time ``t`` from ``t + available_at`` on. What becomes available later is out of reach. A value is carried forward
    for ``max_age`` at most; where the last one is older, that is an error. Bars before the first value, and those that
    are more than ``max_age`` after the last, are left out, which a notice says.

    Args:
        source: where the closes come from.
        path: the file of the columns: any table with a column of times, in the formats that ``CsvSource`` reads.
        columns: which columns of the file to take, or by name the heading of each; by default those asked for that the
            file has and bars do not.
        available_at: how long after its time a value is known, such as ``1d`` or ``8h``.
        max_age: how long a value is carried forward after it became available.
        scalings: how the columns are scaled for a network, by name; by default by their windows.
        known: columns that are known in advance, such as the days until a halving: for ``data.future``, whose rows may
            reach beyond the last close. ``available_at`` does not apply to them.
        folder: where a relative path starts; by default the working folder.
        symbol: which series to take if the file has several.
        date_column: as for ``CsvSource``.
        date_format: as for ``CsvSource``.
        decimal: as for ``CsvSource``.
        encoding: as for ``CsvSource``.

    Raises:
        UserError: if an argument cannot be used.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cryptoforecast import SimulatedSource
    >>> with TemporaryDirectory() as folder:
    ...     text = "date,Funding Rate\n2014-12-31,0.01\n2015-01-01,0.03\n2015-01-02,-0.02\n"
    ...     _ = Path(folder, "funding.csv").write_text(text)
    ...     source = WithColumns(SimulatedSource(rows=3), "funding.csv", available_at="1d", folder=folder)
    ...     series = source.load(["funding rate"])
    >>> series.others["funding rate"].tolist()
    [0.01, 0.03, -0.02]
    """

    def __init__(
        self,
        source: Source,
        path: str,
        columns: list[str] | dict[str, str] | None = None,
        available_at: str = "0s",
        max_age: str = "7d",
        scalings: dict[str, ColumnScaling] | None = None,
        known: list[str] | None = None,
        folder: str | None = None,
        symbol: str | None = None,
        date_column: str | None = None,
        date_format: str | None = None,
        decimal: DecimalMark | None = None,
        encoding: str | None = None,
    ) -> None:
        require_source("data.source.source", source)
        require_text("data.source.path", path, "funding.csv")
        require_text("data.source.folder", folder, "prices")
        require_scalings("data.source.scalings", scalings or {})
        require_knobs(Knobs(None, symbol, date_format, date_column, decimal, encoding))
        self._delay = to_duration("data.source.available_at", available_at)
        self._max_age = to_duration("data.source.max_age", max_age)
        self.source, self.path, self.columns, self.known = source, path, columns, known
        self.available_at, self.max_age, self.scalings = available_at, max_age, scalings
        self.folder, self.symbol, self.date_column, self.date_format = folder, symbol, date_column, date_format
        self.decimal, self.encoding = decimal, encoding

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the other source, and join the columns.

        Args:
            columns: names of further columns wanted, of the file and of the other source.

        Raises:
            UserError: if one of the two cannot be read, or a value is too old for a bar.
        """
        headings, known = self._headings(columns), tuple(self.known or ())
        series = load_one(self.source, [name for name in columns if name not in headings])
        series = series._replace(known=(*series.known, *known))
        if not headings:
            return series
        read = self._read(headings)
        delays = {name: pd.Timedelta(0) if name in known else self._delay for name in headings}
        series, notes = self._covered(series, {name: read.columns[name][0] + delays[name].value for name in headings})
        times = in_nanoseconds(pd.DatetimeIndex(series.closes.index))
        further = {name: self._joined(series, name, read, times.asi8, delays[name]) for name in headings}
        others = pd.DataFrame(further, index=series.closes.index)
        others = others if series.others is None else pd.concat([series.others, others], axis=1)
        scalings = {**series.scalings, **(self.scalings or {})}
        if ahead := [name for name in headings if name in known]:
            series = series._replace(ahead=self._ahead(series, ahead, read, times[-1]))
        return series._replace(
            others=others, scalings=scalings, provenance=self._provenance(series, others, read, notes)
        )

    def file(self) -> FileColumns:
        """The file of the columns, and what the user says of it."""
        (path,) = find_files(self.path, self.folder)
        return FileColumns(path, knobs_of(self), {})

    def reader(self) -> Knobs:
        """The settings with which the reader tells the rows of the file."""
        return knobs_of(self)._replace(column=first_column(self.file()))

    @property
    def delay(self) -> pd.Timedelta:
        """``available_at`` as a duration."""
        return self._delay

    def _headings(self, wanted: Sequence[str]) -> dict[str, str]:
        """The heading in the file of each wanted column that is taken from there."""
        if self.columns is None:
            return {name: name for name in named_columns(self.file(), wanted)}
        listed = self.columns if isinstance(self.columns, Mapping) else {name: name for name in self.columns}
        return {name: listed[name] for name in wanted if name in listed}

    def _read(self, headings: dict[str, str]) -> FileColumns:
        read = read_columns(self.file()._replace(headings=headings))
        if empty := [name for name in headings if not len(read.columns[name][0])]:
            raise UserError(f"{read.path}: the column {headings[empty[0]]} has no value.")
        return read

    def _covered(
        self, series: CloseSeries, available: "Mapping[str, Int64[np.ndarray, ' values']]"
    ) -> tuple[CloseSeries, list[str]]:
        """The series without bars at both ends for which a column has no value, and a note on them.

        Args:
            series: the series.
            available: when the values of each column become available, ascending.
        """
        if not available:
            return series, []
        bars = in_nanoseconds(pd.DatetimeIndex(series.closes.index)).asi8
        first, last = max(times[0] for times in available.values()), min(times[-1] for times in available.values())
        kept = (first <= bars) & (bars <= last + self._max_age.value)
        if kept.all():
            return series, []
        days = " to ".join(say_time(pd.Timestamp(int(time), tz="UTC")) for time in (first, last))
        if not kept.any():
            raise UserError(
                f"{series.closes.name}: the closes are from {say_time(series.closes.index[0])} to "
                f"{say_time(series.closes.index[-1])}, and the values of {self.path} are available from {days}; name a "
                "file of the same days in data.source.path."
            )
        note = (
            f"{self.path} has values available from {days}, which are carried forward for {say_duration(self._max_age)}"
            f" (data.source.max_age); bars before and after that were left out: {(~kept).sum():,}."
        )
        warnings.warn(f"{series.closes.name}: {note}", DataNotice, stacklevel=2)
        others = None if series.others is None else series.others[kept]
        return series._replace(closes=series.closes[kept], others=others), [note]

    def _joined(
        self, series: CloseSeries, name: str, read: FileColumns, bars: "Int64[np.ndarray, ' bars']", delay: pd.Timedelta
    ) -> "Float64[np.ndarray, ' bars']":
        """The last value of a column that is available at the time of each bar.

        Raises:
            UserError: naming the first bar for which it is older than ``max_age``.
        """
        times, values = read.columns[name]
        available = times + delay.value
        place = np.searchsorted(available, bars, side="right") - 1
        age = bars - available[place.clip(0)]
        if (old := (place < 0) | (age > self._max_age.value)).any():
            at = int(np.argmax(old))
            last, bar = (pd.Timestamp(int(time), tz="UTC") for time in (times[max(place[at], 0)], bars[at]))
            raise UserError(
                f"{series.closes.name}: the last {name} that is available at {say_time(bar)} is of {say_time(last)}, "
                f"and {say_duration(self._max_age)} is the longest that a value is carried forward "
                f"({int(old.sum()):,} bars have none); set data.source.max_age to carry it further."
            )
        return values[place]

    def _ahead(self, series: CloseSeries, names: Sequence[str], read: FileColumns, last: pd.Timestamp) -> pd.DataFrame:
        """The columns known in advance, at the times of the bars after the last one, as far as the file reaches."""
        times = _times_ahead(series.interval, last, min(int(read.columns[name][0][-1]) for name in names))
        values = {name: self._joined(series, name, read, times.asi8, pd.Timedelta(0)) for name in names}
        ahead = pd.DataFrame(values, index=times)
        return ahead if series.ahead is None else pd.concat([series.ahead, ahead], axis=1)

    def _provenance(self, series: CloseSeries, others: pd.DataFrame, read: FileColumns, notes: list[str]) -> Provenance:
        delay = f", {say_duration(self._delay)} after its time" if self._delay else ""
        joined = f"{', '.join(read.headings)} of {read.path.name} was joined by time{delay}."
        provenance = series.provenance
        return dataclasses.replace(
            provenance,
            first=series.closes.index[0].isoformat(),
            last=series.closes.index[-1].isoformat(),
            rows=len(series.closes),
            sha256=fingerprint(series.closes, others),
            files=(*provenance.files, read.path.name),
            notes=(*provenance.notes, *notes, joined),
        )


def _times_ahead(interval: Interval, last: pd.Timestamp, until: int) -> pd.DatetimeIndex:
    """The times of the bars after a last one, up to a time in nanoseconds; at most some thousands."""
    ahead, count = interval.after(last, 1), 1
    while count < AHEAD and ahead.asi8[-1] <= until:
        count *= 2
        ahead = interval.after(last, count)
    return ahead[ahead.asi8 <= until]
