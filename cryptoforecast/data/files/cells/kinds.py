"""What a cell is: a number, a date, an epoch, a time of day, or nothing."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from cryptoforecast.data.files.cells.written_dates import CLOCK, LONGEST_DATE, PARTS, ZONE, day_in_digits, digits_of_day

CELLS_CACHED = 1 << 14  # the cells of a file's first lines are looked at repeatedly
_NO_VALUE = """null nan none na n/a n.a. n.a n/d n.d. n.d s/d s.d. s/n nil nat nd #n/a #na #value! #div/0! #ref! #num!
    #name? <na> <null> (null) (none) (empty) empty missing \\n -nan 1.#ind -1.#ind 1.#qnan -1.#qnan k.a. k.a keine
    b.d. b/d brak yok н/д нет н.д. 暂无 无 無 暫無 暂无数据 なし 없음 unavailable"""
EMPTY = frozenset({"", "not available", "no data", "#n/a n/a", *_NO_VALUE.split()})
MARKS_OF_NO_VALUE = re.compile(r"[.\-\u2010-\u2015\u2212\u2026?*_/]{1,5}")  # such as . or --
SPACES = " \u00a0\u202f\u2009\u2007\u2002\u2003"  # between thousands, or between a number and its currency
GROUPS = SPACES + "'’ʼ`"
_CODES = """USDT USDC BUSD TUSD USD EUR GBP JPY CNY CNH RMB KRW INR BRL TRY TL RUB RUR PLN CHF CAD AUD NZD HKD SGD MXN
    ZAR SEK NOK DKK CZK HUF THB IDR VND PHP NGN UAH ILS ARS CLP COP MYR TWD AED SAR BTC XBT ETH Rs\\.? zł kr\\.? Kč Ft
    Rp RM руб\\.? р\\. 元 円 원 лв\\.? lei"""
CURRENCY = rf"(?:(?:US|R|A|AU|C|CA|HK|NZ|S|NT|MX|AR)?\$|[€£¥₹₩₺₽₿₴₫₪฿₦₱￥]|(?:{'|'.join(_CODES.split())}))"
SIGN = r"[-+\u2212]"
DIGITS = (  # 28,420.3 or 12,34,567.89 or 28420.3, .5, 1e5
    rf"(?:[0-9]{{1,3}}(?P<group>[.,{GROUPS}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*(?:(?!(?P=group))[.,][0-9]*)?"
    r"|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]*)?"
    r"|(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?)"
)
NUMBER = re.compile(  # -$1,234.5 or R$ -1.234,5 or 57.32K or 1,234.50 USD
    rf"(?P<sign>{SIGN})?[{SPACES}]?(?:(?P<before>{CURRENCY})[{SPACES}]?(?(sign)|(?P<sign2>{SIGN})?))?"
    rf"(?P<digits>{DIGITS})[{SPACES}]?(?P<suffix>[KkMmBbTt%‰])?(?:[{SPACES}]?(?P<after>{CURRENCY}))?"
)
_DAY = re.compile(
    r"(?P<first>\d{4})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<mark2>[-/.])(?P<two>\d{1,2})(?P=mark2)(?P<three>\d{4}|\d{2})"
    r"|(?P<day>\d{1,2}) (?P<month>\d{1,2}) (?P<year>(?:1[789]|2[01])\d\d)"
)
_COMPACT = re.compile(r"(?P<day>\d{8})[T ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_SURELY_NO_DATE = re.compile(r"[-+]?\d*\.?\d*|\D*")  # most cells, found quickly
USUAL_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")  # most cells, found quickly
_SURE_DATE = re.compile(  # most dates, found quickly: no day after the 28th
    r"(?:(?:19|20|21)\d\d(?P<mark>[-/.])(?:0?[1-9]|1[0-2])(?P=mark)(?:0?[1-9]|1\d|2[0-8])"
    r"|(?:0?[1-9]|1\d|2[0-8])(?P<mark2>[-/.])(?:0?[1-9]|1[0-2])(?P=mark2)(?:19|20|21)\d\d"
    r"|(?:0?[1-9]|1[0-2])(?P<mark3>[-/.])(?:0?[1-9]|1\d|2[0-8])(?P=mark3)(?:19|20|21)\d\d)"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?Z?)?",
    re.ASCII,
)
_USUAL_DATE = re.compile(rf"(?:{_DAY.pattern})(?:[T ](?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?)Z?)?")
_USUAL_NUMBERS = re.compile(r"(?:-?(?:[0-9]{1,3}(?:,[0-9]{3})++(?:\.[0-9]*+)?|[0-9]++(?:\.[0-9]++)?)\n)*+")
_NAME = re.compile(r"[A-Za-z]{3,}\d+[A-Za-z]")  # EUR12M is a name, and not twelve million euros
_CLOCK = re.compile(rf"(?:{CLOCK})(?:\s?(?:{ZONE}))?")
_COMPACT_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
_EPOCH = re.compile(r"-?\d{9,19}(?:\.\d*)?|-?\d\.\d+[eE]\+?(?:0?[89]|1[0-8])")


@lru_cache(CELLS_CACHED)
def is_empty(cell: str) -> bool:
    """Whether a cell means no value: it is empty, a dash, ``n/a``, ``null``, ``暂无`` or the like.

    >>> [is_empty(cell) for cell in ("", ".", "--", "N/A", "暂无", "0", "Nano")]
    [True, True, True, True, True, False, False]
    """
    text = cell.strip()
    return text.lower() in EMPTY or bool(MARKS_OF_NO_VALUE.fullmatch(text))


@lru_cache(CELLS_CACHED)
def is_number(cell: str) -> bool:
    """Whether a cell is a number, with any marks, sign, currency or suffix; a date with dots is not.

    >>> [is_number(cell) for cell in ("28.420,3", "₹12,34,567.89", "-1.5%", "1 234 USD", "22.05.2026", "1.12.2", "v2")]
    [True, True, True, True, False, False, False]
    """
    text = cell.strip()
    return bool(USUAL_NUMBER.fullmatch(text) or (NUMBER.fullmatch(text) and not _NAME.fullmatch(text)))


@lru_cache(CELLS_CACHED)
def is_date(cell: str) -> bool:
    """Whether a cell is a date, with or without a time of day; digits alone, such as 20240102, are not.

    >>> [is_date(cell) for cell in ("22.05.2026", "Sept 1, 2021", "2024年12月31日", "2024-03", "2024.03", "31/31/2024")]
    [True, True, True, True, False, False]
    """
    text = cell.strip()
    if _SURE_DATE.fullmatch(text):
        return True
    return 6 <= len(text) <= LONGEST_DATE and not _SURELY_NO_DATE.fullmatch(text) and _is_date(text)


@lru_cache(CELLS_CACHED)
def is_compact_date(cell: str) -> bool:
    """Whether a cell may be a day in eight digits, 20240102; that is sure only if all cells of its column are."""
    text = cell.strip().removesuffix(".0")
    return len(text) == 8 and text.isdigit() and _is_day(text[:4], text[4:6], text[6:])


@lru_cache(CELLS_CACHED)
def is_epoch(cell: str) -> bool:
    """Whether a cell may be an epoch before 1967 or after 1973, in seconds to nanoseconds since 1970."""
    return bool(_EPOCH.fullmatch(cell.strip()))


@lru_cache(CELLS_CACHED)
def is_clock(cell: str) -> bool:
    """Whether a cell is a time of day without a date.

    >>> [is_clock(cell) for cell in ("13:45", "1:45 PM", "13:45:00.000", "25:00", "134500", "2024-01-02 13:45")]
    [True, True, True, False, False, False]
    """
    text = cell.strip()
    return bool(_CLOCK.fullmatch(text)) and _possible_clock(text)


@lru_cache(CELLS_CACHED)
def is_compact_clock(cell: str) -> bool:
    """Whether a cell may be a time of day in four or six digits, 134500; its column must be beside one of dates."""
    return bool(_COMPACT_CLOCK.fullmatch(cell.strip()))


def _is_date(text: str) -> bool:
    if found := _USUAL_DATE.fullmatch(text):
        return _is_numeric_day(found) and (not found["clock"] or _possible_clock(found["clock"]))
    if found := _COMPACT.fullmatch(text):
        return _is_day(found["day"][:4], found["day"][4:6], found["day"][6:]) and int(found["hour"]) < 24
    parts = PARTS.fullmatch(text)
    if parts is None or (parts["clock"] and not _possible_clock(parts["clock"])):
        return False
    day = (parts["day"] + (parts["year"] or "")).strip(" ,")
    if found := _DAY.fullmatch(digits_of_day(day) or ""):
        return _is_numeric_day(found)
    return day_in_digits(day) is not None


def are_usual_numbers(cells: Sequence[str]) -> bool:
    """Whether all cells are numbers without spaces, plus signs or currencies; found by one pattern.

    >>> are_usual_numbers(["1.5", "-2", "28,420.3"]), are_usual_numbers(["1.5", ""]), are_usual_numbers(["1.5", "$2"])
    (True, False, False)
    """
    return bool(_USUAL_NUMBERS.fullmatch(in_lines(cells)))


def in_lines(cells: Sequence[str]) -> str:
    """The cells of a column joined by line feeds, for one pattern; a zero byte if a cell has a line feed itself."""
    text = "\n".join([*cells, ""])
    return text if text.count("\n") == len(cells) else "\0"


def _is_numeric_day(found: re.Match[str]) -> bool:
    if found["first"]:
        return any(_is_day(found["first"], *pair) for pair in _both(found["second"], found["third"]))
    if found["day"]:
        return any(_is_day(found["year"], *pair) for pair in _both(found["day"], found["month"]))
    year = found["three"] if len(found["three"]) == 4 else "20" + found["three"]
    last = any(_is_day(year, *pair) for pair in _both(found["one"], found["two"]))
    return last or (len(found["three"]) == 2 and _is_day("20" + found["one"].zfill(2), found["two"], found["three"]))


def _both(first: str, second: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (first, second), (second, first)


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return 1700 <= date(int(year), int(month), int(day)).year < 2200
    except ValueError:
        return False


def _possible_clock(text: str) -> bool:
    numbers = [int(digits) for digits in re.findall(r"\d+", text)[:3]]
    return numbers[0] <= 24 and all(number < 60 for number in numbers[1:2])
