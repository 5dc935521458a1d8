"""One kernel moves the weights as a dozen operations would."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.cli import ReduceLROnPlateau
from lightning.pytorch.tuner import Tuner
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR, SequentialLR, StepLR

from cryptoforecast import LSTM, Forecaster, UserError
from cryptoforecast.models.contract.optimizers import use_fused_kernel
from cryptoforecast.training.lightning.lean_loop import use_lean_loop
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer


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
            use_fused_kernel(optimizer)
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
    use_fused_kernel(optimizer)
    assert fused(optimizer) == [chosen.get("fused")]


@pytest.mark.parametrize("kind", [Own, RMSprop])
def test_other_optimizers_are_left_alone(kind: Callable[..., Optimizer]) -> None:
    optimizer = kind(LSTM().parameters())
    use_fused_kernel(optimizer)
    assert fused(optimizer) == [None]


def test_training_begun_without_fused_steps_goes_on_without_them() -> None:
    before, after = Adam(LSTM().parameters()), Adam(LSTM().parameters())
    use_fused_kernel(after)
    after.load_state_dict(before.state_dict())
    assert fused(after) == [None]


def fitted_with(scheduler: Callable[..., Any], folder: Path, **settings: Any) -> tuple[Trainer, Forecaster]:
    model = LSTM(
        hidden_size=4, optimizer=lambda weights: SGD(weights, lr=0.1, momentum=0.9), scheduler=scheduler,
        **LENGTHS, **settings,
    )  # fmt: skip
    trainer = quiet_trainer(folder, max_epochs=3, num_sanity_val_steps=0)
    use_lean_loop(trainer)
    trainer.fit(model, data_of(random_walk(160), batch_size=32))
    return trainer, model


STEPS = 3 * len(data_of(random_walk(160), batch_size=32).train_dataloader())
CYCLE = partial(OneCycleLR, max_lr=0.1, total_steps=STEPS)


@pytest.mark.parametrize(
    ("scheduler", "interval", "moved"),
    [
        (CYCLE, None, STEPS - 1),  # with the last rate it ends
        (partial(OneCycleLR, max_lr=0.1, total_steps=3), None, 2),  # as many as there are epochs
        (CYCLE, "epoch", 3),
        (partial(CyclicLR, base_lr=0.01, max_lr=0.1), None, STEPS),
        (partial(StepLR, step_size=2), None, 3),
        (partial(StepLR, step_size=2), "step", STEPS),
        (partial(ReduceLROnPlateau, monitor="val/loss"), None, 3),
        (lambda optimizer: SequentialLR(optimizer, [StepLR(optimizer, 2), CYCLE(optimizer)], [2]), None, STEPS),
    ],
)
@pytest.mark.filterwarnings("ignore:A `OneCycleLR` scheduler is using")
def test_a_scheduler_moves_by_the_step_if_it_counts_steps_or_is_told_to(
    scheduler: Callable[..., Any], interval: str | None, moved: int, tmp_path: Path
) -> None:
    trainer, _ = fitted_with(scheduler, tmp_path, scheduler_interval=interval)
    assert trainer.lr_scheduler_configs[0].scheduler.last_epoch == moved


def test_a_cycle_of_all_steps_is_gone_through(tmp_path: Path) -> None:
    trainer, _ = fitted_with(CYCLE, tmp_path)
    assert trainer.optimizers[0].param_groups[0]["lr"] < 1e-6


def test_a_cycle_that_ends_before_training_does_is_refused_with_the_right_number(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"total_steps is 5, and training takes {STEPS} steps in 3 epochs; set it to"):
        fitted_with(partial(OneCycleLR, max_lr=0.1, total_steps=5), tmp_path)


def test_the_interval_is_no_part_of_a_models_record() -> None:
    assert LSTM(scheduler_interval="step").record() == LSTM().record()


class OfItsOwn(LSTM):
    def __init__(self, learning_rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)


def test_a_learning_rate_finder_sets_the_rate_of_the_optimizer(tmp_path: Path) -> None:
    data, model = data_of(random_walk(160), batch_size=8), LSTM(hidden_size=4, **LENGTHS)
    trainer = quiet_trainer(tmp_path, max_epochs=1, num_sanity_val_steps=0)
    found = Tuner(trainer).lr_find(model, data, num_training=30, min_lr=1e-4, max_lr=0.1)
    assert found is not None
    trainer.fit(model, data)
    assert trainer.optimizers[0].param_groups[0]["lr"] == found.suggestion() != 0.001
    assert "learning_rate" not in model.record()["init_args"]


def test_a_model_with_a_learning_rate_of_its_own_sees_to_it_by_itself(tmp_path: Path) -> None:
    trainer = quiet_trainer(tmp_path, max_epochs=1)
    trainer.fit(OfItsOwn(hidden_size=4, **LENGTHS), data_of(random_walk(120)))
    assert trainer.optimizers[0].param_groups[0]["lr"] == 0.001
