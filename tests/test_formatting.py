"""Numbers keep what tells them apart, and no table cuts one, whatever a coin costs."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cryptoforecast import judge
from cryptoforecast.evaluation.figures.forecast import plot_forecast
from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.formatting import format_number, format_price
from tests.evaluation.helpers import following


@given(st.floats(1e-12, 1e12), st.sampled_from([1.01, 1 / 1.01]))
def test_prices_one_percent_apart_are_never_said_alike(price: float, factor: float) -> None:
    assert format_price(price) != format_price(price * factor)
    assert float(format_price(price).replace(",", "")) == pytest.approx(price, rel=1e-4)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_fits_into_its_column(value: float) -> None:
    assert len(format_number(value, "+,.1f")) <= 12


@pytest.mark.parametrize("price", [1e-9, 1e-4, 1.0, 65_000.0, 5e6, 1e12])
def test_no_number_of_a_verdict_is_cut_or_nothing(price: float) -> None:
    rows = following("a_class_with_a_name_of_more_than_forty_letters", late=0.2)
    prices = ["last", "forecast", "actual"]
    rows[prices] = rows[prices] / rows["last"].iloc[0] * price
    baselines = [rows.assign(model=name, forecast=rows["last"] * by) for name, by in
                 (("RandomWalk", 1.0), ("Drift", 1.001), ("Mean", 0.9))]  # fmt: skip
    console = Console(width=100, file=io.StringIO())
    verdict = judge(pd.concat([rows, *baselines], ignore_index=True), "test")
    print_verdict(verdict, console)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in said.replace("a_class_with_a_name_of_more_tha…", "")
    assert all(len(line) <= 100 for line in said.splitlines() if "better than" not in line)
    table = verdict.by_series["COIN-USD"]
    for score in table.values():
        assert format_price(score["rmse"]) in said
        assert format_price(score["mae"]) in said
    assert not re.search(r"RMSE, 95 % interval.*\b0\.0+\b", said)
    figure = plot_forecast(pd.concat([rows, baselines[0]]), "test")
    figure.draw_without_rendering()
    ticks = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(set(ticks)) == len(ticks)


def test_a_gain_without_bounds_keeps_to_its_column() -> None:
    rows = following("Model", late=0.0)
    rows["actual"] = np.exp(np.arange(len(rows), dtype=float))
    rows["last"] = rows["actual"] / np.e
    rows["forecast"] = rows["actual"]
    walk = rows.assign(model="RandomWalk", forecast=rows["last"])
    console = Console(width=100, file=io.StringIO())
    print_verdict(judge(pd.concat([rows, walk], ignore_index=True), "test"), console)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in said
    assert max(len(line) for line in said.splitlines() if "better" not in line) <= 100
