"""Lean steps are Lightning's own, to the last bit and in the same order, with nothing in between."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor
from torch.optim import LBFGS, SGD, Adam
from torch.optim.lr_scheduler import StepLR

from cryptoforecast import Forecaster
from tests.models.helpers import Idle, Simple, trained

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*training_step` returned `None"),
]


class Spoken(Simple):
    """Has written every hook of a batch, and logs in its training step."""

    def training_step(self, window: Any, batch_index: int) -> Any:
        loss = super().training_step(window, batch_index)
        self.log("own", loss.detach(), on_step=True, on_epoch=True, batch_size=len(window.target))
        return {"loss": loss, "more": batch_index}

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        self.log("norm", sum(one.grad.norm() for one in self.parameters() if one.grad is not None))

    def on_train_batch_end(self, outputs: Any, window: Any, batch_index: int) -> None:
        self.log("last", outputs["loss"] + batch_index)

    def on_before_zero_grad(self, optimizer: Any) -> None:
        self.zeroed = getattr(self, "zeroed", 0) + 1


class WithoutIndex(Simple):
    def training_step(self, window: Any) -> Any:
        return super().training_step(window, 0)


class Choosy(Simple):
    """Learns nothing from every third batch, and ends the second epoch early."""

    def training_step(self, window: Any, batch_index: int) -> Any:
        return None if batch_index % 3 == 2 else super().training_step(window, batch_index)

    def on_train_batch_start(self, window: Any, batch_index: int) -> int | None:
        return -1 if (self.current_epoch, batch_index) == (1, 4) else None


class ByStep(Simple):
    """Its learning rate moves every second step."""

    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        schedulers = {"scheduler": StepLR(optimizer, 1, 0.9), "interval": "step", "frequency": 2}
        return {"optimizer": optimizer, "lr_scheduler": schedulers}


class Clipped(Simple):
    def configure_gradient_clipping(self, optimizer: Any, **how: Any) -> None:
        self.clip_gradients(optimizer, gradient_clip_val=0.01, gradient_clip_algorithm="value")


class Backwards(Simple):
    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        super().backward(2 * loss)


adam = partial(Adam, lr=0.02)
WAYS: dict[str, tuple[Callable[..., Forecaster], dict[str, Any]]] = {
    "as usual": (partial(Simple, optimizer=adam), {}),
    "with hooks and logs of the model's own": (Spoken, {"gradient_clip_val": 0.1}),
    "with gradients gathered": (partial(Simple, optimizer=adam), {"accumulate_grad_batches": 3}),
    "with logs and gradients gathered": (Spoken, {"accumulate_grad_batches": 2}),
    "with gradients clipped by norm": (partial(Simple, optimizer=partial(SGD, lr=0.1)), {"gradient_clip_val": 0.05}),
    "with gradients clipped by value": (
        Simple,
        {"gradient_clip_val": 0.01, "gradient_clip_algorithm": "value", "limit_train_batches": 4},
    ),
    "with clipping of the model's own": (Clipped, {}),
    "with a backward of the model's own": (Backwards, {}),
    "with a training step that asks for no index": (WithoutIndex, {}),
    "with batches left out and an epoch cut short": (Choosy, {}),
    "with a learning rate that moves by steps": (partial(ByStep, optimizer=adam), {}),
    "with a learning rate that moves by epochs": (partial(Simple, scheduler=partial(StepLR, step_size=1)), {}),
    "with an optimizer that asks again and again": (partial(Simple, optimizer=partial(LBFGS, lr=0.5, max_iter=3)), {}),
    "for a count of steps": (Simple, {"max_steps": 10, "max_epochs": -1}),
    "with validations within the epoch": (Spoken, {"val_check_interval": 3}),
    "for one batch only": (Simple, {"overfit_batches": 0, "limit_train_batches": 1}),
}


@pytest.mark.parametrize(("make", "settings"), WAYS.values(), ids=WAYS)
def test_lean_steps_do_what_lightnings_do_in_the_same_order_to_the_same_bits(
    make: Callable[..., Forecaster], settings: dict[str, Any], tmp_path: Path
) -> None:
    usual, lean = (trained(make, lean, tmp_path, **settings) for lean in (False, True))
    assert [name for name, *_ in lean[0]] == [name for name, *_ in usual[0]]
    for ours, theirs in zip(lean[0], usual[0], strict=True):
        assert ours == theirs
    assert lean[1:] == usual[1:]


def calls_a_step(lean: bool, folder: Path) -> float:
    """Functions of Lightning that a training step calls; what an epoch calls is the same for few batches and many."""
    counts: list[int] = []
    for batches in (2, 7):
        count = 0

        def hear(frame: Any, event: str, _: Any) -> None:
            nonlocal count
            count += event == "call" and f"{os.sep}lightning{os.sep}" in frame.f_code.co_filename

        before = sys.getprofile()
        sys.setprofile(hear)
        try:
            trained(Simple, lean, folder / str(batches), callbacks=[Idle() for _ in range(8)], max_epochs=2,
                    limit_train_batches=batches)  # fmt: skip
        finally:
            sys.setprofile(before)
        counts.append(count)
    return (counts[1] - counts[0]) / 10


def test_a_lean_step_calls_few_of_the_functions_that_lightnings_calls(tmp_path: Path) -> None:
    lean, usual = calls_a_step(True, tmp_path / "lean"), calls_a_step(False, tmp_path / "usual")
    assert lean < usual / 5, (lean, usual)
