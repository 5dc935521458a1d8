"""Closes from the user's own files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import get_args

import pandas as pd

from cryptoforecast.data.argument_checks import require_choice, require_text
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.files.bytes.open_file import find_files
from cryptoforecast.data.files.dates.local_days import Zone
from cryptoforecast.data.files.headings.coins import coin_of_file, is_same_coin
from cryptoforecast.data.files.knobs import DecimalMark, Knobs, knobs_of, require_knobs
from cryptoforecast.data.files.reading import read_table
from cryptoforecast.data.files.table import Table, join
from cryptoforecast.data.series import CLOSE, CloseSeries, Gaps
from cryptoforecast.data.sources.source import Source
from cryptoforecast.errors import UserError


class CsvSource(Source):
    """One series from one or several files, recognised by what is in them.

    Understood are the files of Yahoo and yfinance, Investing.com, CoinMarketCap, CoinGecko, CryptoDataDownload,
    Bitfinex, Binance (klines with and without a header), Bitstamp, Coinbase and ccxt, any other table with a
    recognisable date and close column, and all of these as gzip, zip or Parquet.

    What no reader can see: whether the last row of an older download was settled when it was made (see that the last
    close is that of a bar that was over), and whether a vendor has since revised what it said.

    Args:
        path: a file, a glob pattern, or a list of either; several files are joined.
        folder: where relative paths start; by default the working folder.
        column: the close column's name in any case, or its number from 1 where the header does not name it; by default
            Close, else Price, else Adj Close, in any language, and never one of another series.
        symbol: the series' name, and which one to take where a file has several; by default the file's own, else
            its file name.
        date_format: how dates are written (as for ``strptime``), where the file does not tell.
        gaps: what to do about missing bars: ``error``, ``sessions`` to take the bars there are as the calendar of a
            market that closes (its coming holidays are not known), ``ffill`` to repeat the last close before them, or
            ``split`` to leave them out, so that no window straddles them.
        date_column: the date column's name or number; by default the one whose cells are dates, in UTC if several are.
        decimal: the mark before decimals, ``.`` or ``,``, where the file does not tell.
        encoding: that of the file's text, such as ``cp1252``; by default found out.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with Path(folder, "BTC-USD.csv").open("w") as file:
    ...         print("Date,Close", "2024-01-01,44187.1", "2024-01-02,44958.9", sep=chr(10), file=file)
    ...     series = CsvSource("BTC-USD.csv", folder=folder).load()
    >>> series.closes.name, series.closes.tolist()
    ('BTC-USD', [44187.1, 44958.9])
    """

    def __init__(
        self,
        path: str | list[str],
        folder: str | None = None,
        column: str | None = None,
        symbol: str | None = None,
        date_format: str | None = None,
        gaps: Gaps = "error",
        date_column: str | None = None,
        decimal: DecimalMark | None = None,
        encoding: str | None = None,
    ) -> None:
        require_text("data.source.folder", folder, "prices")
        require_knobs(Knobs(column, symbol, date_format, date_column, decimal, encoding))
        require_choice("data.source.gaps", gaps, get_args(Gaps))
        self.path = [_file_name(name) for name in path] if isinstance(path, list | tuple) else _file_name(path)
        self.folder = folder
        self.column = column
        self.symbol = symbol
        self.date_format = date_format
        self.gaps = gaps
        self.date_column = date_column
        self.decimal = decimal
        self.encoding = encoding

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """The closes of all files together.

        Raises:
            UserError: naming the file, the line and the value that cannot be read.
        """
        files = find_files(self.path, self.folder)
        knobs = knobs_of(self, tuple(columns))
        try:
            tables = [read_table(file, knobs) for file in files]
        except UserError:
            if len(files) > 1 and self.symbol is not None:  # the symbol may be neither file's
                _require_one_coin(files, [read_table(file, knobs._replace(symbol=None)) for file in files])
            raise
        _require_one_coin(files, tables)
        symbols = sorted({table.symbol for table in tables if table.symbol})
        first = tables[0] if len(tables) == 1 else join(tables)
        zone = Zone(*first.zone) if first.zone else None
        notes = list(first.notes)
        if zone and zone.changes:
            notes.append(f"the bars are days of a place whose clocks change ({zone.said}); they go by their dates.")
        raw = RawRows(
            symbol=self.symbol or (symbols[0] if symbols else "+".join(file.name.split(".")[0] for file in files)),
            times=first.times,
            values=first.values[CLOSE],
            source=type(self).__name__,
            files=tuple(file.name for file in files),
            notes=notes,
            others={name: first.values[name] for name in columns},
            format=first.format,
            columns=first.columns,
            text=first.text,
            undated=first.undated,
            written=datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC),
            late=zone.late if zone else pd.Timedelta(0),
        )
        return to_close_series(raw, self.gaps)


def _require_one_coin(files: Sequence[Path], tables: Sequence[Table]) -> None:
    named = [table.symbol or coin_of_file(file.name) for file, table in zip(files, tables, strict=True)]
    named = list(dict.fromkeys(filter(None, named)))
    if any(not is_same_coin(name, named[0]) for name in named):
        coins = " and ".join(named)
        raise UserError(f"data.source.path names files of {coins}; one series takes one symbol: name its files only.")


def _file_name(path: object) -> str:
    if isinstance(path, PathLike):
        path = fspath(path)
    if not isinstance(path, str) or not path:
        raise UserError(f"data.source.path names {path!r}, which is no file's name such as 'BTC-USD.csv'.")
    return path
