"""Tables of scores and findings, a hundred columns wide."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.direction import Direction
from cryptoforecast.evaluation.findings import Finding
from cryptoforecast.evaluation.trading import Trading
from cryptoforecast.evaluation.wording import p_value_cell

NONE = "-"
ACROSS = 4  # findings beside each other


def new_table(title: str, words: list[str], numbers: list[str]) -> Table:
    """An empty table, words to the left and numbers to the right; a symbol in its title may look like markup."""
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in words:
        table.add_column(column)
    for column in numbers:
        table.add_column(Text(column), justify="right")
    return table


def tables_of_findings(names: str, found: dict[str, dict[str, Finding]]) -> list[Table]:
    """All models on one series; on several, the one that is judged, which stands first. Four columns to a table.

    Args:
        names: what the titles call the series.
        found: the findings by series and model.
    """
    judged = next(iter(next(iter(found.values()))))
    if len(found) == 1:
        title, columns = f"{names}: skill or luck?", next(iter(found.values()))
    else:
        title = f"{names}: skill or luck of {judged}?"
        columns = {series: models[judged] for series, models in found.items()}
    tables = []
    for at in range(0, len(columns), ACROSS):
        beside = dict(list(columns.items())[at : at + ACROSS])
        table = new_table(title if at == 0 else "", [""], list(beside))
        for lines in zip(*(_lines(finding) for finding in beside.values()), strict=True):
            table.add_row(lines[0][0], *(cell for _, cell in lines))
        tables.append(table)
    return tables


def notes(found: dict[str, dict[str, Finding]]) -> list[str]:
    """The choices behind the numbers, and what they mean."""
    test = _said_test([next(iter(models.values())) for models in found.values()])
    return [
        f"Diebold-Mariano: against RandomWalk, {test}.",
        "Hits: directions of the next close; base rate: calling the commoner one. Lag 0 foresees, 1 copies.",
        "Gain: in the coin where a rise is forecast, before costs; break-even: cost of a trade that leaves",
        "no more than holding over all targets, or than doing nothing.",
    ]


def _said_test(judged: list[Finding]) -> str:
    """What the Diebold-Mariano tests of the model that is judged were, or why there is none."""
    tested = [finding.degrees_of_freedom for finding in judged if finding.diebold_mariano.p_value is not None]
    if not tested:
        return f"on these targets, {judged[0].diebold_mariano.reason}"
    least, most = min(tested), max(tested)
    return f"Student's t with {least:,}{f' to {most:,}' if most > least else ''} degrees of freedom"


def _lines(finding: Finding) -> list[tuple[str, str]]:
    lag, ends = finding.best_lag, finding.rmse_interval
    shown = NONE if lag is None else f"{'copy: ' if lag.copy else ''}{lag.lag} ({lag.correlation:.2f})"
    return [
        ("RMSE, 95 % interval", NONE if ends is None else "-".join(_say_end(end) for end in ends)),
        ("Diebold-Mariano p", p_value_cell(finding.diebold_mariano.p_value)),
        *zip(("hits %, 95 %", "base rate %", "Fisher's exact p"), _hits(finding.direction), strict=True),
        ("lag (correlation)", shown),
        ("held over targets %", _percent(finding.held_over_targets)),
        *zip(("gain %", "trades", "break-even bp"), _gains(finding.trading), strict=True),
    ]


def _hits(called: Direction | None) -> tuple[str, str, str]:
    if called is None:
        return NONE, NONE, NONE
    rate, low, high, base = (100 * share for share in (called.hit_rate, called.low, called.high, called.base_rate))
    return f"{rate:.1f} ({low:.1f}-{high:.1f})", f"{base:.1f}", p_value_cell(called.p_value)


def _gains(traded: Trading | None) -> tuple[str, str, str]:
    if traded is None:
        return NONE, NONE, NONE
    cost = NONE if traded.break_even is None else f"{traded.break_even:.1f}"
    return _percent(traded.gain), f"{traded.turnover:,}", cost


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:+,.1f}"


def _say_end(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:#.4g}"


def say_price(value: float) -> str:
    """A price with enough digits to tell models apart, for Bitcoin and for Dogecoin."""
    return f"{value:,.1f}" if value >= 1000 else f"{value:#.5g}"
