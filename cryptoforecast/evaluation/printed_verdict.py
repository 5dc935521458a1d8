"""A verdict as it is printed: tables of scores, findings, and the claims as sentences."""

from typing import TYPE_CHECKING

from rich.console import Console

from cryptoforecast.evaluation.distribution.adaptive import adaptation_of
from cryptoforecast.evaluation.distribution.probability import tables_of_probabilities
from cryptoforecast.evaluation.quantity import is_of_prices
from cryptoforecast.evaluation.score_tables import (
    CALIBRATION_NOTES,
    print_findings,
    series_in_words,
    tables_of_calibration,
    tables_of_densities,
    tables_of_scores,
)
from cryptoforecast.evaluation.table import notes, tables_of_findings
from cryptoforecast.evaluation.volatility_verdict import tables_of_volatility
from cryptoforecast.formatting import display_name
from cryptoforecast.terminal import default_console

if TYPE_CHECKING:
    from cryptoforecast.evaluation.verdict import Verdict


def print_verdict(verdict: "Verdict", console: Console | None = None) -> None:
    """Print the scores, the findings and the sentence of a verdict.

    Args:
        verdict: what :func:`judge` returned.
        console: where to print; by default the terminal, or standard output a hundred characters wide.

    >>> from cryptoforecast import CloseDataModule, Drift, SimulatedSource, judge, rows_beside_baselines
    >>> data = CloseDataModule(SimulatedSource(rows=200), context_length=20)
    >>> verdict = judge(rows_beside_baselines(Drift(context_length=20), data, "test"))
    >>> print_verdict(verdict)  # doctest: +ELLIPSIS
    SIMULATED: 20 test targets...
    """
    console = console or default_console()
    names = display_name(series_in_words(verdict.by_series), verdict.claim.simulated)
    distribution, volatility = verdict.distribution, verdict.volatility
    targets = f"{sum(verdict.targets.values()):,} {verdict.split} targets"
    hidden = () if volatility is None else volatility.shown
    tables = tables_of_scores(f"{names}: {targets}", verdict.by_series, verdict.targets, hidden)
    if distribution is not None:
        title = f"{names}: distributions of the log change, {targets}"
        tables += tables_of_densities(title, distribution.by_series)
    tables += [*tables_of_probabilities(verdict.rows), *tables_of_volatility(volatility)]
    for table in tables:
        console.print(table)
    if verdict.findings:
        of_price = is_of_prices(verdict.rows)
        of_points = tables_of_findings(names, verdict.findings, of_price)
        print_findings(console, of_points, notes(verdict.findings, of_price))
    if distribution is not None and distribution.findings:
        calibrated = tables_of_calibration(names, distribution.claim.model, distribution.findings)
        print_findings(console, calibrated, CALIBRATION_NOTES)
    adaptation = adaptation_of(verdict.rows)
    for sentence in [*verdict.sentences, *([] if adaptation is None else [adaptation.sentence])]:
        console.print(sentence, soft_wrap=True, highlight=False, markup=False)
