"""One kernel moves the weights as a dozen operations would."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from cryptoforecast import LSTM
from cryptoforecast.models.optimizers import take_fused_steps


class Own(Adam):
    """Somebody's own optimizer, which may do anything."""


def fused(optimizer: Optimizer) -> list[object]:
    return [group.get("fused") for group in optimizer.param_groups]


@pytest.mark.parametrize(
    "kind",
    [Adam, AdamW, partial(Adam, amsgrad=True, weight_decay=0.1), partial(SGD, lr=0.01, momentum=0.9, nesterov=True)],
)
def test_fused_steps_come_to_the_same_up_to_rounding(kind: Callable[..., Optimizer]) -> None:
    ends = []
    for whether in (False, True):
        torch.manual_seed(0)
        model = LSTM(context_length=8, hidden_size=5)
        optimizer = kind(model.parameters())
        if whether:
            take_fused_steps(optimizer)
            assert fused(optimizer) == [True]
        for _ in range(20):
            optimizer.zero_grad()
            model(torch.randn(16, 8, 1)).square().mean().backward()
            optimizer.step()
        ends.append(torch.cat([weights.detach().flatten() for weights in model.parameters()]))
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("chosen", [{"fused": False}, {"foreach": True}, {"foreach": False}, {"capturable": True}])
def test_what_the_user_has_chosen_stays(chosen: dict[str, bool]) -> None:
    optimizer = Adam(LSTM().parameters(), **chosen)  # type: ignore[arg-type]
    take_fused_steps(optimizer)
    assert fused(optimizer) == [chosen.get("fused")]


@pytest.mark.parametrize("kind", [Own, RMSprop])
def test_other_optimizers_are_left_alone(kind: Callable[..., Optimizer]) -> None:
    optimizer = kind(LSTM().parameters())
    take_fused_steps(optimizer)
    assert fused(optimizer) == [None]


def test_training_begun_without_fused_steps_goes_on_without_them() -> None:
    before, after = Adam(LSTM().parameters()), Adam(LSTM().parameters())
    take_fused_steps(after)
    after.load_state_dict(before.state_dict())
    assert fused(after) == [None]
