"""Files in every style, whole and damaged: the true closes of the rows that survive, or a clear error."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CsvSource, DataNotice, UserError
from tests.data.sources.styles import INTERVALS, Style, encoded, made_closes, random_style, reading, write
from tests.data.sources.vendors import VENDORS, made_bars
from tests.helpers import some

BARS = made_bars()
PLAIN = Style("English", "utf-8", ",", ".", "", 1, "%Y-%m-%d", "", "dohlcxv", False, False, "\n", "", "")
MUTATED = {  # vendors, and where date and close stand in their rows; w another time and x neither
    "Yahoo, classic": PLAIN,
    "yfinance, three header rows": PLAIN._replace(order="dchlov"),
    "Investing.com": PLAIN._replace(order="dcohlvx", thousands=",", date="%m/%d/%Y", quoted=True),
    "Investing.com, European": PLAIN._replace(
        order="dcohlvx", delimiter=";", decimal=",", thousands=".", date="%d.%m.%Y", quoted=True
    ),
    "CoinMarketCap, quoted": PLAIN._replace(order="dwwwxohlcvxw", delimiter=";", date="%Y-%m-%dT%H:%M:%S.%fZ"),
    "CoinGecko, API": PLAIN._replace(order="dc"),
    "CryptoDataDownload": PLAIN._replace(order="dxxohlcvxx", date="ms"),
    "Binance klines, milliseconds": PLAIN._replace(order="dohlcvxxxxxx", date="ms"),
    "Bitstamp, Kaggle 2025": PLAIN._replace(order="dohlcv", date="s"),
    "ccxt": PLAIN._replace(order="dohlcv", date="ms"),
}
EACH = some(40, many=1_000)  # files of each vendor
SHARES, STYLED = 4, some(400, many=10_000)  # files in styles of all kinds, in as many parts as run side by side
FIRST_WHOLE = 100_000  # the seed of the first file without damage
NOISE = [*b"0123456789,.;:-\"'\r\n\t eE+\0\x80\xff", *b"abcXYZ"]


class Damage:
    """A damaged copy of a file: its lines, and its style, in which the columns may be called by other names."""

    def __init__(self, content: bytes, style: Style, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lines = content.split(b"\n")
        self.style = style
        [self.flip, self.cut_rows, self.break_off, self.swap_names, self.repeat_row][seed % 5]()

    @property
    def content(self) -> bytes:
        """The damaged file."""
        return b"\n".join(self.lines)

    def flip(self) -> None:
        """Put other bytes anywhere."""
        for _ in range(self.random.integers(1, 4)):
            number = int(self.random.integers(len(self.lines)))
            line = bytearray(self.lines[number])
            if line:
                line[self.random.integers(len(line))] = NOISE[self.random.integers(len(NOISE))]
            self.lines[number] = bytes(line)

    def cut_rows(self) -> None:
        """Take lines out."""
        for _ in range(self.random.integers(1, 6)):
            del self.lines[self.random.integers(1, len(self.lines))]

    def break_off(self) -> None:
        """End the download too soon."""
        self.lines = self.content[: self.random.integers(len(self.content))].split(b"\n")

    def swap_names(self) -> None:
        """Let two names of the header change places: another column is called the close."""
        mark = self.style.delimiter.encode()
        for number, line in enumerate(self.lines[:2]):
            cells = line.rstrip(b"\r").split(mark)
            if len(cells) == len(self.style.order) and not line[:1].isdigit():
                first, second = self.random.choice(len(cells), 2, replace=False)
                cells[first], cells[second] = cells[second], cells[first]
                self.lines[number] = mark.join(cells) + line[len(line.rstrip(b"\r")) :]
                letters = list(self.style.order)
                letters[first], letters[second] = letters[second], letters[first]
                known_by_cells = {letters[first], letters[second]} & {"d", "w", "t"}
                if not known_by_cells or known_by_cells == {"d", "w"}:
                    self.style = self.style._replace(order="".join(letters))
                return

    def repeat_row(self) -> None:
        """Let a line stand twice, and the lines in another order."""
        number = int(self.random.integers(1, len(self.lines)))
        self.lines.insert(number, self.lines[number])
        self.random.shuffle(rest := self.lines[4:])
        self.lines[4:] = rest


def read(path: Path, **knobs: Any) -> pd.Series:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path), **knobs).load().closes


def untrue(closes: pd.Series, style: Style, content: bytes, interval: str = "1D") -> list[tuple[pd.Timestamp, float]]:
    """The closes that stand in no line of a file at their time, or within the bar that opens at their time."""
    lines = re.split(r"\r\n|\n|\r", content.decode(style.encoding, errors="replace"))
    rows = [row for line in lines if (row := reading(style, line))]
    readings = {(stamp, row.close) for row in rows for stamp in stamps(row.time, interval)}
    return [(time, close) for time, close in closes.items() if (time, close) not in readings]


def stamps(time: pd.Timestamp, interval: str) -> set[pd.Timestamp]:
    return {time} if interval == "MS" else {time, time.floor(interval) if interval != "7D" else time}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATED)
def test_a_damaged_file_of_a_vendor_gives_true_closes_or_an_error_and_never_a_traceback(
    name: str, tmp_path: Path
) -> None:
    content, path, given = VENDORS[name](BARS).encode(), tmp_path / "file.csv", 0
    for seed in range(EACH):
        damage = Damage(content, MUTATED[name], seed)
        path.write_bytes(damage.content)
        try:
            closes = read(path)
        except UserError:
            continue
        given += 1
        assert not untrue(closes, damage.style, damage.content), seed
    assert EACH // 10 < given < EACH - EACH // 10  # neither all that is damaged is refused, nor all taken


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_a_damaged_file_in_any_style_gives_true_closes_or_an_error_and_never_a_traceback(
    share: int, tmp_path: Path
) -> None:
    path, given = tmp_path / "file.csv", 0
    seeds = range(share, STYLED, SHARES)
    for seed in seeds:
        random = np.random.default_rng(seed)
        interval = str(random.choice(list(INTERVALS)))
        style = random_style(random, interval)
        text = encoded(style._replace(encoding="utf-8"), write(style, made_closes(random, interval)))
        damage = Damage(text, style, seed // SHARES)
        content = damage.content
        if style.encoding != "utf-8":
            content = content.decode("utf-8", errors="replace").encode(style.encoding, errors="replace")
        path.write_bytes(content)
        try:
            closes = read(path)
        except UserError:
            continue
        given += 1
        assert not untrue(closes, damage.style, content, INTERVALS[interval]), seed
    assert len(seeds) // 5 < given < len(seeds) - len(seeds) // 10


def test_a_whole_file_in_any_style_is_read_at_once_or_by_the_knobs_that_its_errors_name(tmp_path: Path) -> None:
    path, at_once, files = tmp_path / "file.csv", 0, some(50, many=500)
    for seed in range(files):
        random = np.random.default_rng(FIRST_WHOLE + seed)
        interval = str(random.choice(list(INTERVALS)))
        style = random_style(random, interval)
        lines = write(style, made_closes(random, interval))
        path.write_bytes(encoded(style, lines))
        truth = dict(sorted(row for line in lines if (row := reading(style, line))))
        knobs = knobs_until_read(path, style)
        at_once += not knobs
        assert read(path, **knobs).to_dict() == truth, (seed, knobs)
    assert at_once > 0.9 * files


def knobs_until_read(path: Path, style: Style) -> dict[str, Any]:
    """The knobs that a reader of the errors turns, one error after the other, until there is none."""
    true_values = {
        "column": style.headings[style.order.index("c")],
        "date_column": style.headings[style.order.index("d")],
        "date_format": style.date + (f" {style.clock}" if style.clock else ""),
        "decimal": style.decimal,
        "encoding": style.encoding,
        "gaps": "split",
    }
    knobs: dict[str, Any] = {}
    while refusal := refusal_of(path, knobs):
        named = set(re.findall(r"data\.source\.(\w+)", refusal)) - set(knobs)
        assert named, f"{refusal} names no knob that is not turned already"
        knobs |= {name: true_values[name] for name in named}
    return knobs


def refusal_of(path: Path, knobs: dict[str, Any]) -> str:
    try:
        read(path, **knobs)
    except UserError as refusal:
        return str(refusal)
    return ""


def test_the_oracle_reads_a_line_by_its_style_and_by_no_other() -> None:
    style = MUTATED["Investing.com, European"]
    row = '"20.07.2023";"28.420,5";"1";"1";"1";"1";"1"'
    assert reading(style, row) == (pd.Timestamp("2023-07-20", tz="UTC"), 28420.5)
    assert reading(style, row.replace("28.420,5", "28,420.5")) is None
    assert reading(style, row.replace("28.420,5", "284.20,5")) is None
    assert reading(style, row.replace("20.07.2023", "07/20/2023")) is None
    assert reading(PLAIN, "2023-07-20,1,1,1,28420,1,1") == (pd.Timestamp("2023-07-20", tz="UTC"), 28420.0)
