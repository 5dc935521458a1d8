"""Heads that cannot be used as they are: each is refused in one sentence that says what to set."""

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import Tensor, nn

from cryptoforecast import LSTM, Forecaster, Point, RandomWalk, StudentT, UserError, WindowStandard
from cryptoforecast.models.contract.following import follow
from tests.helpers import data_of, random_walk
from tests.models.contract.helpers import CLOSES, fitted
from tests.models.helpers import LENGTHS, quiet_trainer


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: LSTM(head=StudentT(), scaling=WindowStandard(), **LENGTHS),
            "model.scaling is WindowStandard",
        ),
        (lambda: RandomWalk(head=StudentT(), **LENGTHS), "RandomWalk has a forecast of its own"),
    ],
)
def test_heads_that_cannot_be_used_are_refused(make: Callable[[], Forecaster], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        quiet_trainer(tmp_path).fit(make(), data_of(CLOSES))


def test_a_network_with_too_few_outputs_is_told_how_many_its_head_needs(tmp_path: Path) -> None:
    class Short(LSTM):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, :2]

    with pytest.raises(
        UserError, match=r"\(batch, outputs\), which is \(\d+, 6\): StudentT needs 6 numbers for a window"
    ):
        quiet_trainer(tmp_path).fit(Short(hidden_size=4, head=StudentT(), **LENGTHS), data_of(CLOSES))


def test_the_name_of_the_frameworks_head_is_taken() -> None:
    model = LSTM(hidden_size=4, **LENGTHS)
    with pytest.raises(UserError, match="sets self.output_head to an instance of Linear"):
        model.output_head = nn.Linear(4, 2)
    with pytest.raises(UserError, match="pass a head to super"):
        type("Named", (LSTM,), {"output_head": Point()})


def test_a_context_alone_and_a_network_forecast_tell_no_distribution(tmp_path: Path) -> None:
    model = LSTM(hidden_size=4, head=StudentT(relative_to="Ewma"), **LENGTHS)
    data, _ = fitted(model, tmp_path)
    context = follow(model, data)[data.fold.test].context
    with pytest.raises(UserError, match="Ewma follows a series from its first bar on, and a context alone"):
        model.forecast(context)
    with pytest.raises(UserError, match=r"network_forecast is of points, .* call super\(\).training_step"):
        LSTM(hidden_size=4, head=StudentT(relative_to="none"), **LENGTHS).network_forecast(context)


def test_where_no_rung_can_be_fitted_an_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Ewma cannot be fitted: .*set model.head.relative_to to none"):
        fitted(LSTM(hidden_size=4, head=StudentT(), **LENGTHS), tmp_path, random_walk(24))
