"""Features of the calendar, against pandas."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import UserError, calendar

NAMES = ["minute_of_hour", "hour_of_day", "day_of_week", "day_of_month", "month"]
LEAST, MOST = (pd.Timestamp(year).value for year in ("1700-01-01", "2200-01-01"))


@given(st.lists(st.integers(LEAST, MOST), min_size=1, max_size=20))
def test_the_features_are_those_that_pandas_tells_of_any_time(stamps: list[int]) -> None:
    times = pd.DatetimeIndex(np.array(stamps).view("datetime64[ns]"))
    shares = [times.minute / 59, times.hour / 23, times.day_of_week / 6, (times.day - 1) / 30, (times.month - 1) / 11]
    expected = np.stack([np.asarray(share, dtype="float64") - 0.5 for share in shares], axis=-1)
    found = calendar(torch.tensor(stamps), NAMES)
    assert found.dtype == torch.float32
    assert found.numpy() == pytest.approx(expected, abs=1e-6)


def test_the_shape_of_times_is_kept_and_a_feature_is_added_for_each_name() -> None:
    times = torch.zeros(3, 7, dtype=torch.int64)
    assert calendar(times, ["month", "hour_of_day"]).shape == (3, 7, 2)
    assert calendar(times, []).shape == (3, 7, 0)


def test_a_feature_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"the calendar has no hour_of_dy; the nearest is hour_of_day\."):
        calendar(torch.zeros(1, dtype=torch.int64), ["hour_of_dy"])
