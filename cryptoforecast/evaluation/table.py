"""Tables of scores and findings, at most a hundred characters wide."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.direction import Direction
from cryptoforecast.evaluation.findings import ModelFindings
from cryptoforecast.evaluation.significance import TestResult
from cryptoforecast.evaluation.trading import Trading
from cryptoforecast.formatting import LARGE_PRICE, format_number, p_value_cell, shorten

NONE = "-"
LINES_ON_ANYTHING = ("RMSE, 95 % interval", "Diebold-Mariano p", "lag (correlation)")  # not only on prices
MAX_COLUMNS = 4  # of findings in a table
WIDTH, PADDING = 100, 3  # characters of a line, and around a column


def new_table(title: str, words: list[str], numbers: list[str]) -> Table:
    """An empty table, words aligned left and numbers right; its title is no markup."""
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in words:
        table.add_column(column, overflow="fold")
    for column in numbers:  # names are wrapped rather than numbers
        table.add_column(Text(column), justify="right", no_wrap=True)
    return table


def tables_of_findings(names: str, findings: dict[str, dict[str, ModelFindings]], of_price: bool = True) -> list[Table]:
    """Tables of the findings on all models on one series, or on the first model on several, in at most four columns.

    Args:
        names: name of the series, for the titles.
        findings: findings by series and model.
        of_price: whether the targets are prices; else the lines on directions and trading are left out.
    """
    judged = next(iter(next(iter(findings.values()))))
    if len(findings) == 1:
        title, columns = f"{names}: skill or luck?", next(iter(findings.values()))
    else:
        title = f"{names}: skill or luck of {judged}?"
        columns = {series: models[judged] for series, models in findings.items()}
    return tables_of_columns(title, [(shorten(name), _lines(finding, of_price)) for name, finding in columns.items()])


Column = tuple[str, list[tuple[str, str]]]  # its head, and its labels and cells


def tables_of_columns(title: str, columns: list[Column]) -> list[Table]:
    """Tables of columns with the same labels, as many columns in each as fit; the first has the title."""
    tables: list[Table] = []
    for fitting in _split_into_tables(columns):
        table = new_table("" if tables else title, [""], [head for head, _ in fitting])
        for lines in zip(*(lines for _, lines in fitting), strict=True):
            table.add_row(lines[0][0], *(cell for _, cell in lines))
        tables.append(table)
    return tables


def _split_into_tables(columns: list[Column]) -> list[list[Column]]:
    """The columns of each table: as many as fit."""
    groups: list[list[Column]] = []
    left = 0
    for head, lines in columns:
        width = max(len(head), *(len(cell) for _, cell in lines)) + PADDING
        if not groups or width > left or len(groups[-1]) == MAX_COLUMNS:
            groups.append([])
            left = WIDTH - 1 - max(len(label) for label, _ in lines) - PADDING
        groups[-1].append((head, lines))
        left -= width
    return groups


def notes(findings: dict[str, dict[str, ModelFindings]], of_price: bool = True) -> list[str]:
    """Lines below the tables: what the numbers mean, and why the judged model has no p-value."""
    judged = {series: next(iter(models.values())) for series, models in findings.items()}
    of_errors = {series: finding.diebold_mariano for series, finding in judged.items()}
    of_directions = {
        series: TestResult(finding.direction.p_value, finding.direction.reason)
        for series, finding in judged.items()
        if finding.direction
    }
    return [
        *_line_on_test(
            [judged[series].degrees_of_freedom for series, test in of_errors.items() if test.p_value is not None]
        ),
        *_lines_on_reasons("Diebold-Mariano", of_errors),
        *_lines_on_reasons("Fisher's exact", of_directions),
        *(NOTES_ON_PRICES if of_price else ["Lag 0 foresees, 1 copies."]),
    ]


NOTES_ON_PRICES = [
    "Hits: directions of the next close; base rate: calling the commoner one. Lag 0 foresees, 1 copies.",
    "Gain: in the coin where a rise is forecast, before costs; break-even: cost of a trade that leaves",
    "no more than holding over all targets, or than doing nothing.",
]


def _line_on_test(freedom: list[int]) -> list[str]:
    if not freedom:
        return []
    least, most = min(freedom), max(freedom)
    degrees = f"{least:,} to {most:,}" if most > least else f"{least:,}"
    return [f"Diebold-Mariano: against RandomWalk, Student's t with {degrees} degrees of freedom."]


def _lines_on_reasons(test: str, results: dict[str, TestResult]) -> list[str]:
    """A line for each reason why there is no p-value, with its series."""
    series_of: dict[str, list[str]] = {}
    for series, result in results.items():
        if result.p_value is None:
            series_of.setdefault(result.reason, []).append(series)
    return [f"{test}: none on the targets of {', '.join(names)}, {reason}." for reason, names in series_of.items()]


def _lines(finding: ModelFindings, of_price: bool) -> list[tuple[str, str]]:
    lag, ends = finding.best_lag, finding.rmse_interval
    shown = NONE if lag is None else f"{'copy: ' if lag.is_copy else ''}{lag.lag} ({lag.correlation:.2f})"
    lines = [
        ("RMSE, 95 % interval", NONE if ends is None else _say_interval(ends)),
        ("Diebold-Mariano p", p_value_cell(finding.diebold_mariano.p_value)),
        *zip(("hits %, 95 %", "base rate %", "Fisher's exact p"), _hits(finding.direction), strict=True),
        ("lag (correlation)", shown),
        ("held over targets %", _percent(finding.held_over_targets)),
        *zip(("gain %", "trades", "break-even bp"), _gains(finding.trading), strict=True),
    ]
    return [line for line in lines if of_price or line[0] in LINES_ON_ANYTHING]


def _hits(called: Direction | None) -> tuple[str, str, str]:
    if called is None:
        return NONE, NONE, NONE
    rate, low, high, base = (100 * share for share in (called.hit_rate, called.low, called.high, called.base_rate))
    return f"{rate:.1f} ({low:.1f}-{high:.1f})", f"{base:.1f}", p_value_cell(called.p_value)


def _gains(traded: Trading | None) -> tuple[str, str, str]:
    if traded is None:
        return NONE, NONE, NONE
    cost = NONE if traded.break_even is None else format_number(traded.break_even, ".1f")
    return _percent(traded.gain), f"{traded.turnover:,}", cost


def _percent(share: float | None) -> str:
    return NONE if share is None else format_number(100 * share, "+,.1f")


def _say_interval(ends: tuple[float, float]) -> str:
    low, high = (format_number(end, ",.0f", LARGE_PRICE) if end >= 1000 else f"{end:#.4g}" for end in ends)
    return f"{low} to {high}" if "e" in low + high else f"{low}-{high}"
