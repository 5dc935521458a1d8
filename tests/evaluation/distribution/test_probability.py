"""Probabilities of a rise: scores counted by hand, beside the base rate of training, kept by files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import UserError
from cryptoforecast.evaluation.distribution.probability import (
    HALF,
    brier_scores,
    log_losses,
    probabilities_by_series,
    to_json,
)
from cryptoforecast.evaluation.rows import read_written_rows, to_csv
from tests.helpers import rows_of


def rising(rise: list[float], actuals: list[float], base: float) -> pd.DataFrame:
    """Rows of a model and of the random walk, which says the base rate; the last close is 100."""
    parts = [rows_of("Model", [100.0] * len(actuals), actuals, 100.0).assign(rise=rise),
             rows_of("RandomWalk", [100.0] * len(actuals), actuals, 100.0).assign(rise=base)]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_the_scores_are_those_counted_by_hand() -> None:
    table = probabilities_by_series(rising([0.9, 0.2, 0.6], [101.0, 99.0, 100.0], 0.4))["COIN-USD"]
    assert list(table) == ["Model", "RandomWalk", HALF]
    assert table["Model"].brier == pytest.approx((0.01 + 0.04 + 0.36) / 3)  # a close that stands still does not rise
    assert table["Model"].log_loss == pytest.approx(-(np.log(0.9) + np.log(0.8) + np.log(0.4)) / 3)
    assert table["RandomWalk"].brier == pytest.approx((0.36 + 0.16 + 0.16) / 3)
    assert (table[HALF].brier, table[HALF].log_loss) == pytest.approx((0.25, np.log(2)))
    assert table["Model"].skill == pytest.approx(1 - 0.41 / 0.68)
    assert table["Model"].reason == "too few for a test"
    assert to_json({"COIN-USD": table})["COIN-USD"]["base rate"]["p_value"] is None


@given(st.floats(0.01, 0.99), st.floats(0.0, 1.0))
def test_both_scores_are_proper(truth: float, said: float) -> None:
    """In expectation nothing is better than the true probability."""
    for score in (brier_scores, log_losses):
        expected = [
            truth * score(np.array([rise]), np.array([True]))[0]
            + (1 - truth) * score(np.array([rise]), np.array([False]))[0]
            for rise in (truth, said)
        ]
        assert expected[0] <= expected[1] + 1e-12


def test_a_model_that_knows_is_found_better_than_the_base_rate_and_one_that_guesses_is_not() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(0.2, 0.8, 400)
    actuals = np.where(random.uniform(size=400) < truth, 101.0, 99.0).tolist()
    knows = probabilities_by_series(rising(truth.tolist(), actuals, 0.5))["COIN-USD"]["Model"]
    guesses = probabilities_by_series(rising(random.permutation(truth).tolist(), actuals, 0.5))["COIN-USD"]["Model"]
    assert knows.p_value is not None
    assert knows.p_value < 0.01
    assert knows.skill > 0 > guesses.skill


def test_probabilities_survive_files_and_impossible_ones_are_refused(tmp_path: Path) -> None:
    rows = rising([0.9, 0.123456789012345], [101.0, 99.0], 0.4)
    to_csv(rows, tmp_path / "rows.csv")
    assert np.array_equal(read_written_rows(tmp_path / "rows.csv")["rise"], rows["rise"])
    to_csv(rows.assign(rise=[0.9, 1.5, 0.4, 0.4]), tmp_path / "rows.csv")
    with pytest.raises(UserError, match="Model has a rise that is no probability"):
        read_written_rows(tmp_path / "rows.csv")
