"""A batch is nothing but its windows, for whatever small model."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptoforecast import GRU, LSTM, Forecaster, RelativeLog, WindowDataset, WindowStandard
from tests.helpers import Given, random_walk

recurrent = st.sampled_from([LSTM, GRU])


@settings(max_examples=25)
@given(
    make=recurrent,
    scaling=st.sampled_from([RelativeLog, WindowStandard]),
    context_length=st.integers(2, 12),
    horizon=st.integers(1, 4),
    hidden_size=st.integers(1, 6),
    num_layers=st.integers(1, 2),
    rest=st.integers(0, 20),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 1000),
)
def test_the_forecast_of_a_batch_is_that_of_its_windows_one_by_one(
    make: Callable[..., Forecaster],
    scaling: type,
    context_length: int,
    horizon: int,
    hidden_size: int,
    num_layers: int,
    rest: int,
    batch_size: int,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    lengths = {"context_length": context_length, "horizon": horizon}
    model = make(hidden_size=hidden_size, num_layers=num_layers, scaling=scaling(), **lengths).eval()
    closes = random_walk(context_length + horizon + rest, seed=seed)
    windows = WindowDataset([Given(closes).load()], **lengths)
    batch = windows[torch.randint(len(windows), (batch_size,))]
    with torch.no_grad():
        together = model.forecast(batch.context)
        alone = [model.forecast(context.unsqueeze(0))[0] for context in batch.context]
    torch.testing.assert_close(together, torch.stack(alone), rtol=1e-5, atol=0)


@pytest.mark.parametrize("split", [(5, 3), (8, 0)])
def test_gradients_weighted_by_shares_average_to_those_of_the_whole_batch(split: tuple[int, int]) -> None:
    """Of two processes; one that is left without a window computes on one all the same, which weighs nothing."""
    torch.manual_seed(0)
    model = LSTM(context_length=5, horizon=2, hidden_size=3)
    batch = WindowDataset([Given(random_walk(40)).load()], 5, 2)[torch.arange(8)]

    def gradients(part: slice) -> torch.Tensor:
        context, target = batch.context[part], batch.target[part]
        forecast = model(model.network_inputs(context))
        model.zero_grad()
        model.loss(forecast, model.scaled(target, context)).backward()
        return torch.cat([weights.grad.flatten() for weights in model.parameters() if weights.grad is not None])

    parts = [slice(0, split[0]), slice(split[0], 8) if split[1] else slice(0, 1)]
    weighted = [2 * count / 8 * gradients(part) for count, part in zip(split, parts, strict=True)]
    torch.testing.assert_close(sum(weighted) / 2, gradients(slice(0, 8)))
