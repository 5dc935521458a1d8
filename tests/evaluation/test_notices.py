"""Warnings on scores that are too good to be true."""

import warnings

import pandas as pd
import pytest

from cryptoforecast import DataNotice
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS
from cryptoforecast.evaluation.notices import warn_of_implausible_skill
from tests.evaluation.helpers import spread_rows


def peeking() -> pd.DataFrame:
    """A model that knows the next close to a tenth of its spread, beside the random walk."""
    rows = spread_rows(0, 60, {"Peeking": 0.003, "RandomWalk": 0.03})
    moved = rows["actual"] / rows["last"]
    knows = rows["model"] == "Peeking"
    quantiles = DISTRIBUTION_COLUMNS[:-2]
    rows.loc[knows, quantiles] = rows.loc[knows, quantiles].mul(moved[knows], axis="index")
    return rows


def test_a_density_skill_that_suggests_a_leak_is_said_with_the_command_that_looks_for_it() -> None:
    with pytest.warns(DataNotice, match=r"a density skill of \+0\.\d+ on the next close of COIN-USD is more likely a"):
        warn_of_implausible_skill(peeking(), ["test", "--ckpt_path", "best.ckpt"])


def test_a_usual_density_skill_is_none_to_warn_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_implausible_skill(spread_rows(0, 60, {"LSTM": 0.03, "RandomWalk": 0.031}), ["test"])
