"""Dates in words or as parts of a year, such as ``Sept 1, 2021``, ``2024年12月31日`` or ``2023Q1``."""

import re
from datetime import date
from functools import lru_cache

from cryptoforecast.data.files.cells.calendar_words import SMALL_WORDS, folded, is_weekday, month_of

HALVES_OF_DAY = {"am": 0, "pm": 12, "上午": 0, "下午": 12, "오전": 0, "오후": 12, "午前": 0, "午後": 12}  # hours to add
_HALF = r"[AaPp]\.?\s?[Mm]\b\.?|上午|下午|오전|오후|午前|午後"
CLOCK = rf"(?:{_HALF})\s*\d{{1,2}}:\d\d(?::\d\d)?|\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d{{1,9}})?)?(?:[ -]?(?:{_HALF}))?|" + (
    rf"\d{{1,2}}[ -]?(?:{_HALF})"
)
OFFSET = r"(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d\d)?|UTC|GMT|Z"
ZONE = rf"{OFFSET}|[A-Z][A-Za-z/_]{{1,30}}"
PARTS = re.compile(
    rf"(?P<day>.*?)(?:[T\s,-]*?(?P<clock>{CLOCK})(?:\s?(?P<zone>{ZONE}))?"
    rf"(?P<place>\s?(?:\(.*\)|\[.*\]))?(?P<year> \d{{4}})?)?"
)  # 11.10.2021 00:00:00.000 GMT+0800
_QUARTER = re.compile(
    r"(?P<year>\d{4})[- ]?Q(?P<at>[1-4])|Q(?P<at2>[1-4])[-/ ]?(?P<year2>\d{4})|(?P<at3>[1-4])Q[-/ ]?(?P<year3>\d{4})",
    re.I,
)
_WEEK = re.compile(r"(\d{4})[- ]?W(\d{1,2})(?:-?([1-7]))?", re.I)
_MONTH = re.compile(r"(?P<year>\d{4})[-/](?P<at>\d{1,2})|(?P<at2>\d{1,2})[-/](?P<year2>\d{4})")
_NUMBERED_MONTH = re.compile(r"(\d{1,2})\s?[月월]")
_UNIT = re.compile(r"(?<=\d)\s?[年년日일号號]")
_TORN = re.compile(r"[年년]\s?[-+]|[月월]\s?[-+]\d+\s?[日일]")  # 2023年-4月01日 was 04, or 14
_CJK_WEEKDAY = re.compile(
    r"\(?(?:(?:星期|周|週|礼拜)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일)\)?|\([月火水木金土日월화수목금토일]\)"
)
_FIRST_WORD = re.compile(r"([^\W\d_]+)[.,]*\s+")
_DIGITS = re.compile(r"(?P<first>\d{1,4})(?P<mark>[-/. ])\s?(?P<second>\d{1,2})(?P=mark)\s?(?P<third>\d{1,4})\.?")
_TOKENS = re.compile(r"(\d+)|([^\W\d_]+)\.?")
_ENGLISH = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
LONGEST_DATE = 80  # letters


@lru_cache(1 << 14)
def day_in_digits(text: str) -> str | None:
    """A day in words as ISO 8601; None for a day in digits, and for words that are not a date.

    A month, a quarter or a week gives its first day. A month with two digits behind it gives None: only the whole
    column tells whether they are a day or a year.

    >>> day_in_digits("Mon, Sept 1, 2021"), day_in_digits("1 de enero de 2024"), day_in_digits("2024年12月31日")
    ('2021-09-01', '2024-01-01', '2024-12-31')
    >>> day_in_digits("2023Q2"), day_in_digits("2024-W05"), day_in_digits("Dic 2023"), day_in_digits("version 1.12")
    ('2023-04-01', '2024-01-29', '2023-12-01', None)
    """
    if len(text) > LONGEST_DATE or _DIGITS.fullmatch(text):  # most days are in digits
        return None
    try:
        return _part_of_year(text) or _in_words(text)
    except ValueError:  # a 31 February
        return None


def digits_of_day(text: str) -> str | None:
    """A day in digits, without spaces and weekday and with the same mark twice; None for other texts.

    >>> digits_of_day("05. 01. 2024"), digits_of_day("2024. 1. 5."), digits_of_day("Fri 01/05/2024")
    ('05.01.2024', '2024.1.5', '01/05/2024')
    """
    found = _DIGITS.fullmatch(text)
    if found is None:
        text = _CJK_WEEKDAY.sub("", text).strip()
        if (word := _FIRST_WORD.match(text)) and is_weekday(word[1]):
            text = text[word.end() :]
        found = _DIGITS.fullmatch(text)
    if found is None:
        return text if text.isdigit() and len(text) == 8 else None
    return found["mark"].join((found["first"], found["second"], found["third"]))


def month_and_short_year(text: str) -> str | None:
    """The first day of a month with a year of two digits, such as ``Dec 21``; None for other texts."""
    month, numbers, _ = _read_words(text)
    if month is None or len(numbers) != 1 or len(numbers[0]) != 2:
        return None
    return date(_full_year(numbers[0]), month, 1).isoformat()


def with_english_months(text: str) -> str:
    """The text with months of any language replaced by English short names, for ``strptime``."""

    def english(found: re.Match[str]) -> str:
        month = month_of(found[2]) if found[2] else None
        return found[0] if month is None else _ENGLISH[month - 1].title()

    return _TOKENS.sub(english, text)


def _part_of_year(text: str) -> str | None:
    if found := _QUARTER.fullmatch(text):
        year, at = _named(found, "year"), _named(found, "at")
        return date(year, 3 * at - 2, 1).isoformat()
    if found := _WEEK.fullmatch(text):
        return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1)).isoformat()
    if found := _MONTH.fullmatch(text):
        return _checked(_named(found, "year"), _named(found, "at"), 1)
    return None


def _named(found: re.Match[str], name: str) -> int:
    return next(int(text) for group, text in found.groupdict().items() if group.rstrip("23") == name and text)


def _in_words(text: str) -> str | None:
    month, numbers, month_first = _read_words(text)
    if month is None:
        return None
    if len(numbers) == 1:
        return _checked(int(numbers[0]), month, 1) if len(numbers[0]) == 4 else None
    if len(numbers) != 2:
        return None
    first, second = numbers
    if len(first) == 4 or (int(first) > 31 and not month_first):
        first, second = second, first
    if len(first) > 2 or len(second) not in (2, 4):
        return None
    return _checked(_full_year(second), month, int(first))


def _read_words(text: str) -> tuple[int | None, list[str], bool]:
    """The month that a text names, its numbers, and whether the month comes first; None if a word is unknown."""
    if _TORN.search(text):
        return None, [], False
    text = _CJK_WEEKDAY.sub(" ", text)
    text = _UNIT.sub(" ", _NUMBERED_MONTH.sub(lambda found: _english_of(found[1]), text))
    if _TOKENS.sub("", text).strip(" ,./-'’()\u00a0\u202f"):
        return None, [], False
    numbers, months, month_first = [], [], False
    for number, word in _TOKENS.findall(text):
        if number:
            numbers.append(number)
        elif (month := month_of(word)) is not None:
            month_first = month_first or not numbers
            months.append((month, is_weekday(word)))
        elif not is_weekday(word) and folded(word) not in SMALL_WORDS:
            return None, [], False
    if len(months) == 2 and months[0][1]:  # mar. 2 ene. 2024: a Tuesday
        months = months[1:]
    return (months[0][0] if len(months) == 1 else None), numbers, month_first


def _english_of(month: str) -> str:
    return f" {_ENGLISH[int(month) - 1]} " if 1 <= int(month) <= 12 else " no month "


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= 69 else 2000)


def _checked(year: int, month: int, day: int) -> str | None:
    return date(year, month, day).isoformat() if 1700 <= year < 2200 else None
