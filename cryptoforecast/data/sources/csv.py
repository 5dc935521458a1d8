"""Closes from files."""

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
    """One close series from one or several files; vendor, columns and formats are recognised by their content.

    Files of Yahoo and yfinance, Investing.com, CoinMarketCap, CoinGecko, CryptoDataDownload, Bitfinex, Binance (klines
    with and without a header), Bitstamp, Coinbase and ccxt are read, and any other table with a recognisable date and
    close column; all of these also as gzip, zip or Parquet.

    No reader can see whether the last bar was over when an older file was downloaded, or whether the vendor has
    changed its closes since.

    Args:
        path: a file, a glob pattern, or a list of either; several files are joined.
        folder: where relative paths start; by default the working folder.
        column: name of the close column, in any case, or its number from 1 if the header does not name it; by default
            Close, else Price, else Adj Close, in any language, and never a column of another series.
        symbol: name of the series, and which one to take if a file has several; by default the name in the file, else
            the file name.
        date_format: format of the dates, as for ``strptime``, if the file does not tell.
        gaps: what missing bars mean: ``error`` refuses them; ``sessions`` takes the bars that there are as the
            calendar of a market that closes (its coming holidays are not known); ``ffill`` repeats the last close
            before them; ``split`` leaves them out, so that no window contains a gap.
        date_column: name or number of the date column; by default the column whose cells are dates, the one in UTC if
            there are several.
        decimal: the mark before decimals, ``.`` or ``,``, if the file does not tell.
        encoding: of the file's text, such as ``cp1252``; by default it is detected.

    Raises:
        UserError: if an argument cannot be used.

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
        """Load the closes of all files, joined.

        Args:
            columns: names of further columns wanted: Open, High, Low, Volume, or any heading of the files, in any case.

        Raises:
            UserError: naming the file, the line and the value that cannot be read.
        """
        files = find_files(self.path, self.folder)
        knobs = knobs_of(self, tuple(columns))
        try:
            tables = [read_table(file, knobs) for file in files]
        except UserError:
            if len(files) > 1 and self.symbol is not None:  # the symbol may be that of no file
                _require_one_coin(files, [read_table(file, knobs._replace(symbol=None)) for file in files])
            raise
        _require_one_coin(files, tables)
        symbols = sorted({table.symbol for table in tables if table.symbol})
        first = tables[0] if len(tables) == 1 else join(tables)
        zone = Zone(*first.zone) if first.zone else None
        notes = list(first.notes)
        if zone and zone.changes:
            notes.append(f"the bars are days of a place whose clocks change ({zone.offsets}); they go by their dates.")
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
        raise UserError(f"data.source.path names {path!r}, which is not a file name such as 'BTC-USD.csv'.")
    return path
