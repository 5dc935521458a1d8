"""Which models can be tested as they are made, and which must be fitted first."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cryptoforecast import LSTM, Drift, Forecaster, Mean, RandomWalk, TrainMinMax, UserError
from cryptoforecast.models.contract.fitted import FIT_HOOKS, require_fitted


class Fixed(Forecaster):
    """Has numbers of its own, and nothing to learn."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("share", torch.tensor(0.5))

    def forecast(self, context: Tensor) -> Tensor:
        return context[:, -1:, 0].expand(-1, self.horizon) * self.share

    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        return (forecast - target).abs().mean()

    def test_step(self, window: Any, batch_index: int) -> None:
        super().test_step(window, batch_index)


class Stored(nn.Module):
    def get_extra_state(self) -> dict[str, float]:
        return {}


class WithStored(Fixed):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stored = Stored()


class WithFit(Fixed):
    def fit(self) -> None:
        """Learn."""


@pytest.mark.parametrize("model", [RandomWalk(), Drift(), Mean(), Fixed(), RandomWalk(scaling=TrainMinMax())])
def test_a_model_with_nothing_to_learn_can_be_tested_as_it_is(model: Forecaster) -> None:
    require_fitted(model, "test needs --ckpt_path")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (LSTM(hidden_size=2), "LSTM has weights to be trained first"),
        (WithStored(), "WithStored has a part with a state to be fitted first"),
        (WithFit(), "WithFit has a method fit, so it is fitted first"),
    ],
)
def test_a_model_that_learns_is_not_tested_unfitted(model: Forecaster, reason: str) -> None:
    with pytest.raises(UserError, match=f"test needs --ckpt_path: {reason}"):
        require_fitted(model, "test needs --ckpt_path")


@pytest.mark.parametrize("hook", FIT_HOOKS)
def test_a_model_that_does_something_of_its_own_while_it_is_fitted_is_not_tested_unfitted(hook: str) -> None:
    model = type("Booster", (Fixed,), {hook: lambda self, *_: None})()
    with pytest.raises(UserError, match=f"test needs --ckpt_path: Booster has a {hook} of its own"):
        require_fitted(model, "test needs --ckpt_path")
