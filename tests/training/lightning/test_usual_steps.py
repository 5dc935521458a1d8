"""Where anything is out of the ordinary, Lightning takes its own steps."""

import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from torch import Tensor, nn

from cryptoforecast import Forecaster
from cryptoforecast.errors import DataNotice
from cryptoforecast.training.lightning.lean_loop import LeanEpochLoop, use_lean_loop
from cryptoforecast.training.lightning.tested_sources import changed_owner, digest
from tests.models.helpers import quiet_trainer, trained

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
    monkeypatch.setattr(LeanEpochLoop, "_optimize", None)  # to call it would fail
    usual, lean = (trained(make, lean, tmp_path, **settings) for lean in (False, True))
    assert lean == usual


def has_lean_loop(folder: Path) -> bool:
    trainer = quiet_trainer(folder)
    use_lean_loop(trainer)
    return isinstance(trainer.fit_loop.epoch_loop, LeanEpochLoop)


def test_a_patched_lightning_keeps_its_own_loop_and_this_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = _TrainingEpochLoop.advance

    @functools.wraps(advance)
    def patched(self: Any, data_fetcher: Any) -> None:
        advance(self, data_fetcher)

    assert has_lean_loop(tmp_path)
    monkeypatch.setattr(_TrainingEpochLoop, "advance", patched)
    changed_owner.cache_clear()
    try:
        with pytest.warns(DataNotice, match="another _TrainingEpochLoop than the lean loop was tested with") as said:
            lean = [has_lean_loop(tmp_path) for _ in range(2)]
        assert lean == [False, False]
        assert len(said) == 1
    finally:
        changed_owner.cache_clear()


def test_a_variable_of_the_environment_turns_the_lean_loop_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOFORECAST_LEAN", "0")
    assert not has_lean_loop(tmp_path)


def test_the_installed_lightning_is_one_that_the_lean_loop_was_tested_with() -> None:
    assert changed_owner() is None


def test_a_digest_changes_with_the_source_and_not_with_its_indentation(tmp_path: Path) -> None:
    bodies = (
        "def f(x):\n    return x + 1\n",
        "if True:\n    def f(x):\n        return x + 1\n",
        "def f(x):\n    return x\n",
    )
    digests = []
    for number, body in enumerate(bodies):
        file = tmp_path / f"module_{number}.py"
        file.write_text(body)
        members: dict[str, Any] = {}
        exec(compile(body, str(file), "exec"), members)
        digests.append(digest(SimpleNamespace(f=members["f"]), "f"))
    assert digests[0] == digests[1] != digests[2]
    assert digest(SimpleNamespace(f=len), "f") == ""
