"""Made-up price files that meet each message of the reader, and what following its advice comes to."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast import CsvSource
from cryptoforecast.data.series import CloseSeries

Outcome = list[float] | str | None  # closes; words of the next message, which another case follows; that it is read
Content = str | bytes
CLOSES = [100.5, 101.25, 99.75]
NAME = "prices.csv"


class By(NamedTuple):
    """What a user does whom words of a message advise: another file or another setting; and what it comes to."""

    words: str
    outcome: Outcome = CLOSES
    files: Mapping[str, Content] = {}
    settings: Mapping[str, Any] = {}
    does: Callable[[Path, str], None] | None = None


class Case(NamedTuple):
    """A message that is met, and what comes of each of its settings with each of its values, and of its words."""

    files: Mapping[str, Content]
    settings: Mapping[str, Any] = {}
    values: Mapping[tuple[str, str], Outcome] = {}
    by: Sequence[By] = ()
    load: Callable[..., CloseSeries] | None = None


def read(folder: Path, path: Any = NAME, columns: Sequence[str] = (), **settings: Any) -> CloseSeries:
    """The closes of the file in a folder."""
    return CsvSource(path, folder=str(folder), **settings).load(columns)


def dated(
    header: str, *cells: str, between: str = ",", start: str = "2024-01-01", freq: str = "D", style: str = "%Y-%m-%d"
) -> str:
    """A table of a row for each of the cells, with its date before it."""
    days = pd.date_range(start, periods=len(cells), freq=freq)
    rows = [f"{day:{style}}{between}{cell}" for day, cell in zip(days, cells, strict=True)]
    return "\n".join([header, *rows] if header else rows) + "\n"


def case(
    text: Content, by: Sequence[By] = (), values: Mapping[tuple[str, str], Outcome] | None = None, **of: Any
) -> Case:
    """A case of one file."""
    return Case({NAME: text}, of, values or {}, by)


def packed(members: Mapping[str, str], encrypted: bool = False) -> bytes:
    """A zip archive."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        content = file.getvalue()
    if encrypted:  # as the flags of its two headers say
        for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = content.index(magic) + at
            content = content[:place] + b"\x01" + content[place + 1 :]
    return content


def run_recipe(folder: Path, message: str) -> None:
    """Run the lines of Python in a message, in the folder of the file, whose bars then take its place."""
    code = message.partition("With pandas: ")[2].removesuffix(".")
    code = code.replace("read_csv('", f"read_csv('{folder}/").replace("to_csv('", f"to_csv('{folder}/")
    exec(code, {"pandas": pd})
    (folder / "bars.csv").replace(folder / NAME)


PLAIN = dated("Date,Close", "100.5", "101.25", "99.75")
TWO = dated("Date,BTC_close,ETH_close", "100.5,7.5", "101.25,8.5", "99.75,9.5")
SECOND = [7.5, 8.5, 9.5]
LONG = "Date,Symbol,Close\n2024-01-01,BTC,100.5\n2024-01-01,ETH,7.5\n2024-01-02,BTC,101.25\n2024-01-02,ETH,8.5\n"
LONG += "2024-01-03,BTC,99.75\n2024-01-03,ETH,9.5\n"
MEND = By("mend", files={NAME: PLAIN})
AS_CSV = [By("save", files={NAME: PLAIN})]
GOOD = {NAME: PLAIN}
LINE_28 = [f"{100 + at}.5" for at in range(28)]
GERMAN = dated("Datum;Schlußkurs", "100,5", "101,25", "99,75", between=";")
FAR = dated("Date;Close;Note", *[f"{100 + at % 9}.5;{'x' * 80}" for at in range(2000)], between=";", start="2015-01-01")
FAR_CLOSES = [100 + at % 9 + 0.5 for at in range(2000)]
WEEKDAYS = dated("Date,Close", *LINE_28, freq="B")
MINUTES = "Time,Close\n" + "".join(
    f"2024-01-01 {9 + at // 60:02}:{at % 60:02}:{3 + 7 * at % 40:02},{100 + at}.5\n" for at in range(30)
)

COLUMNS = {
    "closes of two coins": case(TWO, values={
        ("symbol", "BTC"): CLOSES, ("symbol", "ETH"): SECOND,
        ("column", "BTC_close"): CLOSES, ("column", "ETH_close"): SECOND,
    }),
    "closes of two coins, and neither is the one asked for": case(TWO, symbol="LTC", values={
        ("symbol", "BTC"): CLOSES, ("symbol", "ETH"): SECOND,
    }),
    "rows of two coins": case(LONG, values={("symbol", "BTC"): CLOSES, ("symbol", "ETH"): SECOND}),
    "rows of two coins, and neither is the one asked for": case(LONG, symbol="LTC", values={
        ("symbol", "BTC"): CLOSES, ("symbol", "ETH"): SECOND,
    }),
    "rows of another coin": case("\n".join(row for row in LONG.splitlines() if "ETH" not in row), symbol="LTC", values={
        ("symbol", ""): CLOSES,
    }),
    "a column of another coin": case(dated("Date,BTC-USD", "100.5", "101.25", "99.75"), symbol="LTC-USD",
        column="BTC-USD", values={("symbol", ""): CLOSES}),
    "closes in two currencies": case(TWO.replace("BTC_close,ETH_close", "close (CNY),close (USD)"), values={
        ("column", "close (CNY)"): CLOSES, ("column", "close (USD)"): SECOND,
    }),
    "columns of numbers, and none is called so": case(
        TWO.replace("BTC_close,ETH_close", "foo,bar"), symbol="LTC", values={
        ("column", "foo"): CLOSES, ("column", "bar"): SECOND,
    }),
    "no column that may be the close": case(PLAIN.replace("Close", "Volume"), values={
        ("column", "Volume"): CLOSES,
    }),
    "no column of that name": case(PLAIN, column="nope", values={("column", "Close"): CLOSES}),
    "the column of the dates": case(PLAIN, column="Date", values={("column", "Close"): CLOSES}),
    "two columns of one name": case(
        dated("Date,Close,Close,Open", "100.5,1.5,7.5", "101.25,1.25,8.5", "99.75,1.75,9.5"), [
        By("rename the one to use", files={
            NAME: dated("Date,Close,other,Open", "100.5,1.5,7.5", "101.25,1.25,8.5", "99.75,1.75,9.5")}),
        By("or set data.source.column to another", SECOND, settings={"column": "Open"}),
    ]),
    "no volumes": case(PLAIN, columns=["Volume"], values={("columns", "without Volume"): CLOSES}),
    "no header": case(dated("", "100.5,7.5", "101.25,8.5", "99.75,9.5"), [
        By("name the columns in a first line", files={NAME: TWO.replace("BTC_close,ETH_close", "Close,foo")}),
    ], {("column", "2"): CLOSES, ("column", "3"): SECOND}),
    "no header and no known dates": case(dated("", "100.5,7.5", "101.25,8.5", "99.75,9.5", style="%d~%m~%Y"), [
        By("and data.source.date_column to that of the dates", settings={
            "column": "2", "date_column": "1", "date_format": "%d~%m~%Y"}),
    ], {("column", "2"): "set data.source.date_column to the one to use",
        ("column", "3"): "set data.source.date_column to the one to use"}),
    "no date column": case(dated("foo,Close", "100.5", "101.25", "99.75", style="%d~%m~%Y"), [
        By("the header must name one", "set data.source.date_format, such as %d~%m~%Y",
           {NAME: dated("Date,Close", "100.5", "101.25", "99.75", style="%d~%m~%Y")}),
    ], {("date_column", "foo"): "set data.source.date_format, such as %d~%m~%Y",
        ("date_column", "Close"): "no close column among foo"}),
    "no date column of that name": case(PLAIN, date_column="Tag", values={
        ("date_column", "Date"): CLOSES, ("date_column", "Close"): "no close column among Date",
    }),
    "two date columns of one name": case(TWO.replace("BTC_close,ETH_close", "Date,Close")
        .replace(",7.5", ",100.5"), [By("rename", files={NAME: PLAIN})], date_column="Date"),
    "columns of different dates": case(
        "first,second,Close\n2024-01-01,2024-02-01,100.5\n2024-01-02,2024-02-02,101.25\n2024-01-03,2024-02-04,99.75\n",
        values={("date_column", "first"): CLOSES,
                ("date_column", "second"): "set data.source.gaps to ffill"}),
    "columns of two clocks": case(
        "here,there,Close\n2024-01-01 00:00,2024-01-01 08:00,100.5\n2024-01-01 01:00,2024-01-01 09:00,101.25\n"
        "2024-01-01 02:00,2024-01-01 10:00,99.75\n",
        values={("date_column", "here"): CLOSES, ("date_column", "there"): CLOSES}),
    "quotes": case(TWO.replace("BTC_close,ETH_close", "bid,ask"), values={
        ("column", "bid"): CLOSES, ("column", "ask"): SECOND,
    }),
    "trades": case("time,price,side\n" + "".join(
        f"2024-01-01T0{at // 4}:{(0, 1, 3, 40)[at % 4]:02}:00Z,{100 + at}.5,buy\n" for at in range(12)
    ), [By("With pandas: ", [103.5, 107.5, 111.5], does=run_recipe)]),
}  # fmt: skip
