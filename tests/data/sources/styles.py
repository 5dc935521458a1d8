"""Price files in every style that people write them in, each with the one reading that it has.

A style says where date and close stand in a row, and how both are written; so the oracle reads a line by its style
alone, and takes nothing from the reader under test. All words and numbers are made here.
"""

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import numpy as np
import pandas as pd

HEADINGS = {  # date, open, high, low, close, volume, and encodings in which they are found
    "English": ("Date Open High Low Close Volume", "utf-8 utf-8-sig utf-16"),
    "Investing": ("Date Open High Low Price Vol.", "utf-8-sig"),
    "Portuguese": ("Data Abertura Máxima Mínima Último Vol.", "utf-8 utf-8-sig cp1252"),
    "Spanish": ("Fecha Apertura Máximo Mínimo Cierre Volumen", "utf-8 cp1252"),
    "French": ("Date Ouverture Haut Bas Clôture Volume", "utf-8 cp1252 utf-16"),
    "German": ("Datum Eröffnung Hoch Tief Schlusskurs Volumen", "utf-8 cp1252"),
    "Polish": ("Data Otwarcie Najwyzszy Najnizszy Zamkniecie Wolumen", "utf-8"),
    "Turkish": ("Tarih Açılış Yüksek Düşük Şimdi Hac.", "utf-8 cp1254"),
    "Russian": ("Дата Открытие Максимум Минимум Закрытие Объём", "utf-8 cp1251"),
    "Chinese": ("日期 开盘价 最高价 最低价 收盘价 成交量", "utf-8 gb18030 utf-16"),
    "Korean": ("날짜 시가 고가 저가 종가 거래량", "utf-8 cp949"),
    "Japanese": ("日付 始値 高値 安値 終値 出来高", "utf-8 shift_jis"),
}
WITH_CHINESE = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "shift_jis")
INTERVALS = {"daily": "1D", "hourly": "1h", "five minutes": "5min", "weekly": "7D", "monthly": "MS"}
DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%b %d, %Y", "%d-%b-%Y", "%Y%m%d", "%Y年%m月%d日"]
EPOCHS = {"s": 1, "ms": 1000, "us": 1_000_000}
CLOCKS = ["%H:%M", "%H:%M:%S"]
FOOTERS = ["", "", "", "Data provided without warranty", "# end of file", "Total rows above"]
BANNERS = ["", "", "", "sep={delimiter}", "# downloaded from an exchange", "Historical prices"]


class Style(NamedTuple):
    """How a file is written. ``order`` are the columns by letter: d(ate) t(ime) o h l c v."""

    language: str
    encoding: str
    delimiter: str
    decimal: str
    thousands: str
    decimals: int
    date: str
    clock: str
    order: str
    newest_first: bool
    quoted: bool
    end: str
    banner: str
    footer: str

    @property
    def headings(self) -> list[str]:
        """The header's cells."""
        words = dict(zip("dohlcv", HEADINGS[self.language][0].split(), strict=True)) | {"t": "Time"}
        return [words[letter] for letter in self.order]


class Reading(NamedTuple):
    """What a line says by its style: a UTC time and a close."""

    time: pd.Timestamp
    close: float


def random_style(random: np.random.Generator, interval: str) -> Style:
    """A style that somebody may well write in; of two marks in one number, the one before decimals is never both."""

    def pick(*choices: str) -> str:
        return str(random.choice(choices))

    language = pick(*HEADINGS)
    decimal = pick(".", ".", ",")
    delimiter = pick(",", ";", "\t", "|") if decimal == "." else pick(";", "\t")
    quoted = bool(random.integers(2))
    thousands = pick("", "", "," if decimal == "." else ".", "'") if quoted or delimiter in "\t|" else ""
    date = pick(*DAYS, *EPOCHS)
    encoding = pick(*HEADINGS[language][1].split())
    if ("," in date and delimiter == "," and not quoted) or ("年" in date and encoding not in WITH_CHINESE):
        date = "%Y-%m-%d"
    intraday = interval in ("hourly", "five minutes")
    clock = pick(*CLOCKS) if intraday and date not in EPOCHS else ""
    own_column = bool(clock) and (date == "%Y%m%d" or random.integers(3) == 0)
    order = "".join(random.permutation(list(pick("c", "cv", "ohlc", "ohlcv"))))
    return Style(
        language=language,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        thousands=thousands,
        decimals=int(random.integers(0, 7)),
        date=date,
        clock=clock,
        order=("dt" if own_column else "d") + order,
        newest_first=bool(random.integers(2)),
        quoted=quoted,
        end=pick("\n", "\n", "\r\n"),
        banner=pick(*BANNERS).format(delimiter=delimiter),
        footer=pick(*FOOTERS),
    )


def made_closes(random: np.random.Generator, interval: str) -> pd.DataFrame:
    """Bars of a made-up coin at any price between a thousandth of a cent and a million."""
    rows = int(random.integers(14, 50))
    first = datetime(2019 if interval == "monthly" else 2023, int(random.integers(1, 13)), 1, tzinfo=UTC)
    times = pd.date_range(first, periods=rows, freq=INTERVALS[interval])
    close = 10 ** random.uniform(-4, 6) * np.exp(np.cumsum(random.normal(0, 0.02, rows)))
    begin = np.concatenate([[close[0]], close[:-1]])
    return pd.DataFrame(
        {
            "o": begin,
            "h": np.maximum(begin, close) * (1 + random.uniform(0, 0.02, rows)),
            "l": np.minimum(begin, close) * (1 - random.uniform(0, 0.02, rows)),
            "c": close,
            "v": random.integers(10_000, 99_000, rows).astype("float64"),
        },
        index=times,
    )


def write(style: Style, bars: pd.DataFrame) -> list[str]:
    """The lines of a file in a style, without their ends: banner, header, rows, footer."""
    rows = [[_cell(style, letter, time, bar) for letter in style.order] for time, bar in bars.iterrows()]
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if style.quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=style.delimiter, quoting=quoting, lineterminator="\n")
    writer.writerows([style.headings, *(rows[::-1] if style.newest_first else rows)])
    return [
        *([style.banner] if style.banner else []),
        *text.getvalue().splitlines(),
        *([style.footer] if style.footer else []),
    ]


def _cell(style: Style, letter: str, time: pd.Timestamp, bar: pd.Series) -> str:
    if letter == "t":
        return time.strftime(style.clock)
    if letter == "d":
        if style.date in EPOCHS:
            return str(int(time.timestamp()) * EPOCHS[style.date])
        return time.strftime(style.date + (f" {style.clock}" if style.clock and "t" not in style.order else ""))
    digits = max(style.decimals, 6 - int(np.floor(np.log10(bar["c"])))) if bar["c"] < 1 else style.decimals
    number = f"{bar[letter]:,.{digits}f}"
    marks = str.maketrans({",": style.thousands, ".": style.decimal})
    return number.translate(marks)


def encoded(style: Style, lines: list[str]) -> bytes:
    """The file's bytes; its last line ends like the others."""
    return "".join(line + style.end for line in lines).encode(style.encoding)


def reading(style: Style, line: str) -> Reading | None:
    """What a line says by its style and no other; nothing if it is no row of it."""
    cells = next(csv.reader([line], delimiter=style.delimiter), [])
    if len(cells) != len(style.order):
        return None
    values = dict(zip(style.order, (cell.strip() for cell in cells), strict=True))
    try:
        return Reading(_time(style, values), _number(style, values["c"]))
    except (ValueError, InvalidOperation):
        return None


def _time(style: Style, values: dict[str, str]) -> pd.Timestamp:
    if style.date in EPOCHS:
        return pd.Timestamp(int(Decimal(values["d"]) * 10**9) // EPOCHS[style.date], unit="ns", tz="UTC")
    written = values["d"] + (f" {values['t']}" if "t" in values else "")
    if "T%H" in style.date:  # 2024-03-11-09:30 has no other reading
        written = re.sub(r"(\d\d)[- ](\d\d:)", r"\1T\2", written)
    return pd.Timestamp(datetime.strptime(written, style.date + (f" {style.clock}" if style.clock else "")), tz="UTC")


def _number(style: Style, cell: str) -> float:
    whole, _, fraction = cell.removeprefix("+").partition(style.decimal)
    groups = whole.split(style.thousands) if style.thousands else [whole]
    if len(groups) > 1 and (not 0 < len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        raise ValueError(cell)
    if not ("".join(groups) or "0").isdigit() or (fraction and not fraction.isdigit()):
        raise ValueError(cell)
    return float(f"{''.join(groups) or 0}.{fraction or 0}")
