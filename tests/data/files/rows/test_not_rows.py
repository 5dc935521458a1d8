"""Lines that are no rows are left out and said; a damaged row stays an error."""

import warnings
from pathlib import Path

import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from cryptoforecast.data.files.rows.last_line import is_cut_number
from cryptoforecast.data.series import fingerprint
from tests.data.sources.vendors import made_bars

BARS = made_bars()
CLOSES = BARS["Close"]
HEADERS = {2: "Date,Close", 4: "Date,Open,Note,Close"}


def lines_of(columns: int, mark: str = ",") -> list[str]:
    middle = {2: "", 4: "28000.5,daily,"}[columns]
    rows = [f"{day:%Y-%m-%d},{middle}{close}" for day, close in CLOSES.items()]
    return [line.replace(",", mark) for line in (HEADERS[columns], *rows)]


def load(path: Path, **knobs: str) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path), **knobs).load()  # type: ignore[arg-type]


def write(folder: Path, lines: list[str], end: str = "\n") -> Path:
    (folder / "f.csv").write_text("\n".join(lines) + end)
    return folder / "f.csv"


STRAYS = {
    "a footer": "Data provided by a vendor",
    "a footer with a date": "Source: a vendor; downloaded 2024-01-06 12:00 UTC",
    "a footer with a comma and a year": "Data provided by a vendor, 2024",
    "a remark": "# 2023-08-01,12.5",
    "a time of day of today": "14:05:12,28100.5",
    "a sum": "Total,1234567.5",
    "a word": "END",
    "a rule": "----------",
    "the header again": "Date,Close",
    "in Chinese": "数据来源：某网站",
}


@pytest.mark.parametrize(("at", "columns", "large"), [(1, 2, False), (20, 2, True), (41, 4, True), (20, 4, False)])
@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
def test_a_line_that_is_no_row_is_left_out_and_said(
    stray: str, columns: int, at: int, large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr("cryptoforecast.data.files.rows.parsing.LARGE", 1)
    if columns == 4 and stray.count(",") == 1 and not stray.startswith(("#", "Data")):
        first, last = stray.split(",")
        stray = HEADERS[4] if first == "Date" else f"{first},27000.5,daily,{last}"
    lines = lines_of(columns)
    lines.insert(at, stray)
    series = load(write(tmp_path, lines))
    assert series.provenance.sha256 == fingerprint(CLOSES)
    notes = [note for note in series.provenance.notes if "no rows were left out" in note]
    if at > 1 or notes:  # right below the header, it may be taken for one more line of it
        assert f"line {at + 1} (" in notes[0].replace("left out: ", "left out: line ")


DAMAGED = {
    "a letter in the date": ("2023-08-0x,28000.5", "the date is '2023-08-0x'"),
    "no date, but a close": ("never,28000.5", "the date is 'never'"),
    "a letter in the close": ("2023-08-08,28x00.5", "the close is '28x00.5'"),
    "half a row": ("2023-08-08", "1 columns, where the header has 2"),
    "an unquoted comma": ("2023-08-08,28,420.3", "3 columns, where the header has 2"),
    "a number alone": ("28000.5", "1 columns, where the header has 2"),
}


@pytest.mark.parametrize(("line", "sentence"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_row_stays_an_error_that_names_its_line(line: str, sentence: str, tmp_path: Path) -> None:
    lines = lines_of(2)
    lines[20] = line
    with pytest.raises(UserError, match="f.csv, line 21: ") as refused:
        load(write(tmp_path, lines))
    assert sentence in str(refused.value)


ABOVE = {
    "what Excel is told": ["sep=,"],
    "World Bank": ['"Data Source","A bank"', "", '"Last Updated Date","2024-06-28"', ""],
    "remarks": ["# made 2024-01-05", "# in USD, daily", "#"],
    "a banner": ["A vendor of prices", "Bitcoin, daily, in USD", "----------"],
    "settings": ["Symbol,BTC", "Interval,1d", "From,2023-07-20", "Rows,40"],
    "a line of delimiters": [",,,"],
}


@pytest.mark.parametrize("columns", [2, 4])
@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
def test_what_stands_above_the_header_is_no_row(above: list[str], columns: int, tmp_path: Path) -> None:
    assert load(write(tmp_path, [*above, *lines_of(columns)])).provenance.sha256 == fingerprint(CLOSES)


@pytest.mark.parametrize("header", ["#Date,Close", "# Date,Close"])
def test_a_header_behind_the_mark_of_a_remark_names_the_columns(header: str, tmp_path: Path) -> None:
    assert load(write(tmp_path, [header, *lines_of(2)[1:]])).provenance.sha256 == fingerprint(CLOSES)


@pytest.mark.parametrize("mark", [" ", "   ", "\t  ", "\t"])
@pytest.mark.parametrize("columns", [2, 4])
@pytest.mark.parametrize("day", ["%Y-%m-%d", "%Y-%m-%d 00:00:00"])
def test_cells_may_be_parted_by_blanks(mark: str, columns: int, day: str, tmp_path: Path) -> None:
    if mark == " " and " " in day:
        mark = "  "  # with one, the time of day would be a column of its own
    lines = lines_of(columns)
    lines = [lines[0], *(f"{time:{day}}" + line[10:] for time, line in zip(CLOSES.index, lines[1:], strict=True))]
    series = load(write(tmp_path, [line.replace(",", mark) for line in lines]))
    assert series.provenance.sha256 == fingerprint(CLOSES)


TRAILING = {
    "rows": lambda lines: [lines[0], *(f"{line}," for line in lines[1:])],
    "all lines": lambda lines: [f"{line}," for line in lines],
    "the header": lambda lines: [f"{lines[0]},", *lines[1:]],
    "an index without a name": lambda lines: [lines[0], *(f"{at},{line}" for at, line in enumerate(lines[1:]))],
    "blanks behind the comma": lambda lines: [line.replace(",", ", ") for line in lines],
    "quotes behind blanks": lambda lines: [line.replace(",", ', "') + '"' for line in lines],
}


@pytest.mark.parametrize("changed", TRAILING.values(), ids=TRAILING)
@pytest.mark.parametrize("columns", [2, 4])
def test_a_delimiter_or_an_index_too_many_changes_nothing(changed: object, columns: int, tmp_path: Path) -> None:
    lines = changed(lines_of(columns))  # type: ignore[operator]
    assert load(write(tmp_path, lines)).provenance.sha256 == fingerprint(CLOSES)


def test_lines_quoted_as_a_whole_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="each line is quoted as a whole"):
        load(write(tmp_path, [f'"{line}"' for line in lines_of(2)]))


@pytest.mark.parametrize("columns", [2, 4])
@pytest.mark.parametrize("order", [1, -1])
def test_a_last_line_without_a_line_end_is_whole(columns: int, order: int, tmp_path: Path) -> None:
    header, *rows = lines_of(columns)
    series = load(write(tmp_path, [header, *rows[::order]], end=""))
    assert series.provenance.sha256 == fingerprint(CLOSES)
    assert "the last line of f.csv has no line end; it was read as whole." in series.provenance.notes


@pytest.mark.parametrize(("form", "quote"), [("{}", ""), ("{:.2f}", ""), ("{:,.2f}", '"'), ("{:.0f}", ""), ("{}", '"')])
def test_a_close_that_breaks_off_is_never_taken_for_one(form: str, quote: str, tmp_path: Path) -> None:
    rows = [f"{day:%Y-%m-%d},{quote}{form.format(close)}{quote}" for day, close in CLOSES.items()]
    text = "\n".join(["Date,Close", *rows])
    right = [float(form.format(close).replace(",", "")) for close in CLOSES]
    for cut in range(1, 12):
        (tmp_path / "f.csv").write_text(text[:-cut])
        kept = load(tmp_path / "f.csv").closes.tolist()
        assert kept in (right, right[:-1]), cut


@pytest.mark.parametrize(
    ("text", "before", "cut"),
    [
        ("4412", ["44127", "43990"], True),
        ("44127", ["44100", "43990"], False),
        ("44127.5", ["44100.25", "43990.5"], False),
        ("44127", ["44100.0", "43990.5"], True),
        ("44,12", ["44,100", "43,990"], True),
        ("0.0000", ["0.000012", "0.000013"], True),
        ("1.2", ["1.2e-05", "1.3e-05"], True),
        ("1.2e-", ["1.2e-05", "1.3e-05"], True),
        ("44127.5", ["44127.25 USD", "44120.00 USD"], True),
        ("12", ["100", "10", "90", "11"], False),
    ],
)
def test_a_number_is_cut_if_it_contradicts_those_before(text: str, before: list[str], cut: bool) -> None:
    assert is_cut_number(text, before) is cut


def test_a_date_that_breaks_off_is_left_out(tmp_path: Path) -> None:
    rows = [f"{close},{day:%Y-%m-%d %H:%M}" for day, close in CLOSES.items()]
    text = "\n".join(["Close,Date", *rows])
    for cut in range(1, 17):
        (tmp_path / "f.csv").write_text(text[:-cut])
        series = load(tmp_path / "f.csv")
        assert series.closes.tolist() == CLOSES.tolist()[:-1]
        assert any("may be cut off and was left out" in note for note in series.provenance.notes)
