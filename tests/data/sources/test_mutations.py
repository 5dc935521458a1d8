"""Damaged files: the true closes of the rows that survive, or a clear error."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CsvSource, DataNotice, UserError
from tests.data.sources.vendors import VENDORS, made_bars

BARS = made_bars()
MUTATED = [
    "Yahoo, classic",
    "yfinance, three header rows",
    "Investing.com",
    "Investing.com, European",
    "CoinMarketCap, quoted",
    "CoinGecko, API",
    "CryptoDataDownload",
    "Binance klines, milliseconds",
    "Bitstamp, Kaggle 2025",
    "ccxt",
]
EACH = 1000
NUMBER = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?")
NOISE = [*b"0123456789,.;:-\"'\r\n\t eE+\0\x80\xff", *b"abcXYZ"]


class Damage:
    """One damaged copy of a file: its bytes, and the closes that it may rightly give for bars that were touched."""

    def __init__(self, content: bytes, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lines = content.split(b"\n")
        self.touched: set[int] = set()  # numbers of lines whose date or close may have changed
        [self.flip, self.cut_rows, self.break_off, self.swap_names, self.repeat_row][seed % 5]()

    def flip(self) -> None:
        """Other bytes, anywhere."""
        for _ in range(self.random.integers(1, 4)):
            number = int(self.random.integers(len(self.lines)))
            line = bytearray(self.lines[number])
            if line:
                line[self.random.integers(len(line))] = NOISE[self.random.integers(len(NOISE))]
                self.touched.add(number)
            self.lines[number] = bytes(line)

    def cut_rows(self) -> None:
        """Lines that are gone."""
        for _ in range(self.random.integers(1, 6)):
            del self.lines[self.random.integers(1, len(self.lines))]

    def break_off(self) -> None:
        """A download that ended too soon."""
        content = b"\n".join(self.lines)
        self.lines = content[: self.random.integers(len(content))].split(b"\n")

    def swap_names(self) -> None:
        """Two names of the header have changed places: another column is called the close."""
        for number, line in enumerate(self.lines[:2]):
            mark = b";" if b";" in line else b","
            cells = line.split(mark)
            if len(cells) > 1 and not line[:1].isdigit():
                one, other = self.random.choice(len(cells), 2, replace=False)
                cells[one], cells[other] = cells[other], cells[one]
                self.lines[number] = mark.join(cells)
                self.touched = set(range(len(self.lines)))
                return

    def repeat_row(self) -> None:
        """A line that stands twice, and lines in another order."""
        number = int(self.random.integers(1, len(self.lines)))
        self.lines.insert(number, self.lines[number])
        self.random.shuffle(rest := self.lines[4:])
        self.lines[4:] = rest


def closes_of(path: Path) -> pd.Series | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        try:
            return CsvSource(str(path)).load().closes
        except UserError:
            return None


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATED)
def test_a_damaged_file_gives_true_closes_or_an_error_and_never_a_traceback(name: str, tmp_path: Path) -> None:
    content, path = VENDORS[name](BARS).encode(), tmp_path / "file.csv"
    given = 0
    for seed in range(EACH):
        damage = Damage(content, seed)
        path.write_bytes(b"\n".join(damage.lines))
        closes = closes_of(path)
        if closes is None:
            continue
        given += 1
        untrue = closes[closes.to_numpy() != BARS["Close"].reindex(closes.index).to_numpy()]
        written = b"\n".join(damage.lines[number] for number in damage.touched if number < len(damage.lines))
        assert len(untrue) <= len(damage.touched), (seed, untrue)
        assert all(says(written, close, european="European" in name) for close in untrue), (seed, untrue)
    assert EACH // 10 < given < EACH - EACH // 10  # neither all that is damaged is refused, nor all taken


def says(lines: bytes, close: float, european: bool) -> bool:
    """Whether a number stands in some lines, damaged as they are, by the decimal mark of the file and no other."""
    text = lines.decode(errors="replace")
    forms = [text.replace(".", "").replace(",", ".")] if european else [text, text.replace(",", "")]
    return any(float(number) == close for form in forms for number in NUMBER.findall(form))


def test_a_number_is_read_by_the_decimal_mark_of_its_file() -> None:
    assert says(b"x;28.420,5;", 28420.5, european=True)
    assert not says(b"x;28.420;", 28.42, european=True)
    assert says(b'x,"28,420.5"', 28420.5, european=False)
    assert not says(b"x,28.420,", 28420.0, european=False)
