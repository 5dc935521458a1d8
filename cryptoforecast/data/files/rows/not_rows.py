"""Lines among the rows that are not rows: a comment, a footer, a sum, a repeated header, a bar of today."""

from collections.abc import Sequence

from cryptoforecast.data.files.cells.kinds import is_clock, is_compact_date, is_date, is_empty, is_epoch, is_number
from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.headings.vocabulary import folded
from cryptoforecast.data.files.lines.line_kinds import count_words, is_comment

LINES_LISTED = 5  # in a note
_SUM_WORDS = """total totals sum average mean avg min max minimum maximum median count std highest lowest change
    summe gesamt durchschnitt mittelwert moyenne somme promedio media média suma średnia totale totaal gemiddelde
    toplam ortalama итого среднее всего 合计 合計 总计 平均 總計 합계 평균"""
SUM_WORDS = frozenset(_SUM_WORDS.split())


def is_stray(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a line is not a row of the table: it has words, and neither a date nor a close in their columns.

    A line with a date or a number there, or with a damaged one, is a row, which is an error. A number beside a
    sentence, a word for a sum or a time of day without a date is not the close of a bar.
    """
    if is_comment(cells):
        return True
    date, close = (cells[at].strip() if at < len(cells) else "" for at in (layout.chosen.date, layout.chosen.close))
    if is_date(date) or is_epoch(date) or is_compact_date(date):
        return False
    if is_empty(date):
        return _says_something(cells) and not any(is_number(cell) or is_date(cell) for cell in cells)
    if is_clock(date):
        return layout.dated
    unusual_words = count_words(date) - layout.date_words
    if is_number(close):
        return unusual_words > 1 or folded(date) in SUM_WORDS
    return unusual_words > 0 or not any(letter.isdigit() for letter in date)


def _says_something(cells: Sequence[str]) -> bool:
    return sum(map(count_words, cells)) > 1 or (len(cells) == 1 and not any(letter.isalnum() for letter in cells[0]))


def say_strays(file: str, strays: Sequence[tuple[int, str]]) -> str:
    """A note on the lines that were left out, with their texts."""
    named = ", ".join(f"{line} ({text[:40]!r})" for line, text in strays[:LINES_LISTED])
    more = f" and {len(strays) - LINES_LISTED:,} more" if len(strays) > LINES_LISTED else ""
    return f"lines of {file} that are no rows were left out: {named}{more}."
