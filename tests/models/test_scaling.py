"""Prices to network numbers and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cryptoforecast import RelativeLog, Scaling, TrainMinMax, UserError, WindowStandard

SCALINGS = [RelativeLog(), RelativeLog(gain=1.0), TrainMinMax(), WindowStandard()]
prices = st.lists(st.floats(1e-4, 1e6), min_size=6, max_size=6).map(lambda p: torch.tensor([p], dtype=torch.float64))


def fitted(scaling: Scaling) -> Scaling:
    scaling.fit(torch.tensor([100.0, 300.0, 200.0], dtype=torch.float64))
    return scaling


@pytest.mark.parametrize("scaling", SCALINGS, ids=lambda scaling: type(scaling).__name__)
@given(context=prices, closes=prices)
def test_decoding_undoes_encoding(scaling: Scaling, context: Tensor, closes: Tensor) -> None:
    back = fitted(scaling).decode(scaling.encode(closes, context), context)
    scale = torch.maximum(context.abs().max(), closes.abs().max())
    assert ((back - closes).abs() <= 1e-9 * scale).all()


@given(context=prices, closes=prices)
def test_the_random_walk_is_exactly_zero_in_relative_logs(context: Tensor, closes: Tensor) -> None:
    scaling = RelativeLog()
    last = context[:, -1:].expand_as(closes)
    assert (scaling.encode(last, context) == 0).all()
    assert torch.equal(scaling.decode(torch.zeros_like(closes), context), last)


@pytest.mark.parametrize("scaling", [RelativeLog(), WindowStandard()], ids=lambda scaling: type(scaling).__name__)
@given(context=prices, unit=st.sampled_from([0.01, 100.0, 1e6]))
def test_what_a_network_sees_does_not_depend_on_the_unit_of_price(
    scaling: Scaling, context: Tensor, unit: float
) -> None:
    torch.testing.assert_close(
        scaling.encode(unit * context, unit * context), scaling.encode(context, context), rtol=1e-6, atol=1e-6
    )


def test_relative_logs_are_what_the_formula_says() -> None:
    context, closes = torch.tensor([[50.0, 100.0]]), torch.tensor([[100.0 * torch.e]])
    torch.testing.assert_close(RelativeLog(gain=20.0).encode(closes, context), torch.tensor([[20.0]]))


def test_min_max_puts_the_training_range_between_zero_and_one() -> None:
    scaling = fitted(TrainMinMax())
    encoded = scaling.encode(torch.tensor([[100.0, 200.0, 300.0, 400.0]]), torch.tensor([[150.0]]))
    assert encoded.tolist() == [[0.0, 0.5, 1.0, 1.5]]


def test_min_max_is_kept_in_the_weights_file() -> None:
    fresh = TrainMinMax()
    fresh.load_state_dict(fitted(TrainMinMax()).state_dict())
    assert (fresh.lowest, fresh.highest) == (100.0, 300.0)


def test_min_max_of_closes_that_stand_still_is_refused() -> None:
    with pytest.raises(UserError, match="All training closes are 7"):
        TrainMinMax().fit(torch.full((5,), 7.0))


def test_a_context_that_stands_still_stays_finite() -> None:
    flat = torch.full((1, 6), 7.0, dtype=torch.float64)
    assert torch.isfinite(WindowStandard().encode(torch.tensor([[8.0]], dtype=torch.float64), flat)).all()
