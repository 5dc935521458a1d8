"""Where anything is out of the ordinary, Lightning takes its own steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

from cryptoforecast import Forecaster
from cryptoforecast.training.lightning import lean_loop
from cryptoforecast.training.lightning.lean_loop import LeanEpochLoop
from tests.models.helpers import Simple, trained

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:You have overridden `on_after_batch_transfer`"),
]


class Linear(Forecaster):
    """Computes in any precision."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)

    def forward(self, x: Tensor) -> Any:
        return self.head(x[..., 0])


class Steps(Linear):
    def optimizer_step(self, epoch: int, batch: int, optimizer: Any, closure: Any = None) -> None:
        optimizer.step(closure=closure)


class Moved(Linear):
    def on_after_batch_transfer(self, window: Any, dataloader_idx: int) -> Any:
        return window._replace(context=window.context + 1)


class Manual(Linear):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.automatic_optimization = False

    def training_step(self, window: Any, batch_index: int) -> None:
        self.manual_backward(super().training_step(window, batch_index))
        optimizer: Any = self.optimizers()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize(
    ("make", "settings"),
    [(Steps, {}), (Moved, {}), (Manual, {}), (Linear, {"profiler": "simple"}), (Linear, {"precision": "bf16-mixed"})],
    ids=["optimizer_step", "on_after_batch_transfer", "manual", "profiler", "precision"],
)
def test_what_is_out_of_the_ordinary_is_left_to_lightning(
    make: Callable[..., Forecaster], settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeanEpochLoop, "_learn", None)  # to call it would fail
    usual, lean = (trained(make, lean, tmp_path, **settings) for lean in (False, True))
    assert lean == usual


def test_another_version_of_lightning_takes_its_own_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeanEpochLoop, "_learn", None)
    with pytest.raises(TypeError, match="not callable"):
        trained(Simple, True, tmp_path / "this")
    monkeypatch.setattr(lean_loop, "TESTED", "9.9.")
    assert trained(Simple, True, tmp_path)[0]
