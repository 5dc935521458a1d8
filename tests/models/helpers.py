"""What tests of models share."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn

from cryptoforecast import (
    CNNLSTM,
    GRU,
    LSTM,
    TCN,
    XLSTM,
    AttentionLSTM,
    DLinear,
    Drift,
    Forecaster,
    ITransformer,
    Mamba,
    Mean,
    MinGRU,
    NBeats,
    NHits,
    NLinear,
    PatchTST,
    RandomWalk,
    TimeXer,
    TrainMinMax,
    TSMixer,
    WindowStandard,
)
from cryptoforecast.training.lightning.hooks import BATCH_HOOKS
from cryptoforecast.training.lightning.lean_loop import LeanEpochLoop, NoProfiler, use_lean_loop
from tests.helpers import data_of, random_walk

CONTEXT_LENGTH, HORIZON = 5, 2


LENGTHS = {"context_length": CONTEXT_LENGTH, "horizon": HORIZON}


ZOO: dict[type[Forecaster], dict[str, Any]] = {  # models from papers, and the arguments that make each small
    NLinear: {},
    DLinear: {"kernel_size": 3},
    NBeats: {"hidden_size": 8, "blocks": 2},
    NHits: {"hidden_size": 8},
    TCN: {"hidden_size": 8, "kernel_size": 2},
    CNNLSTM: {"filters": [4, 8], "hidden_size": 4},
    AttentionLSTM: {"hidden_size": 4, "attention_size": 4},
    PatchTST: {"patch_length": 4, "stride": 2, "hidden_size": 4, "heads": 2, "num_layers": 1, "feedforward_size": 8},
    ITransformer: {"hidden_size": 4, "heads": 2, "num_layers": 1, "feedforward_size": 8},
    TSMixer: {"num_layers": 1, "feature_size": 4},
    TimeXer: {"patch_length": 4, "hidden_size": 4, "heads": 2, "num_layers": 1, "feedforward_size": 8},
    MinGRU: {"hidden_size": 4, "num_layers": 1},
    XLSTM: {"hidden_size": 4},
    Mamba: {"hidden_size": 4, "state_size": 2},
}


MAKERS: dict[str, Callable[[], Forecaster]] = {
    "RandomWalk": lambda: RandomWalk(**LENGTHS),
    "Drift": lambda: Drift(**LENGTHS),
    "Mean": lambda: Mean(**LENGTHS),
    "LSTM": lambda: LSTM(hidden_size=4, **LENGTHS),
    "LSTM of two layers both ways": lambda: LSTM(
        hidden_size=4, num_layers=2, dropout=0.5, bidirectional=True, **LENGTHS
    ),
    "LSTM of standardised windows": lambda: LSTM(hidden_size=4, scaling=WindowStandard(), **LENGTHS),
    "LSTM of min-max prices": lambda: LSTM(hidden_size=4, scaling=TrainMinMax(), **LENGTHS),
    "GRU": lambda: GRU(hidden_size=4, **LENGTHS),
    **{model.__name__: partial(model, **small, **LENGTHS) for model, small in ZOO.items()},
}


HOOKS = (*BATCH_HOOKS, "on_train_start", "on_train_epoch_start", "on_train_epoch_end", "on_validation_start",
         "on_validation_epoch_end", "on_train_end")  # fmt: skip


Events = list[tuple[Any, ...]]


def made(make: Callable[[], Forecaster], closes: list[float]) -> Forecaster:
    seed_everything(0)
    forecaster = make().eval()
    forecaster.scaling.fit(torch.tensor(closes, dtype=torch.float64))
    return forecaster


def quiet_trainer(folder: Path, **settings: object) -> Trainer:
    settings = {"max_epochs": 2, "logger": False, "enable_checkpointing": False, **settings}
    return Trainer(
        default_root_dir=folder, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, **settings
    )  # type: ignore[arg-type]


class Killed(BaseException):
    """What comes of a kill as far as one process can play it: nothing more is done."""


class Kill(Callback):
    """Ends the n-th call of a hook, after other callbacks' and before checkpoints are written."""

    def __init__(self, hook: str = "", left: float = math.inf) -> None:
        self.left = left
        if hook:
            setattr(self, hook, self._count)

    def _count(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        self.left -= not trainer.sanity_checking
        if self.left < 0:
            raise Killed


def plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    return value if isinstance(value, int | float | str | None) else type(value).__name__


def place(trainer: Trainer) -> Any:
    """Where all counters stand, what has been logged, and the learning rate."""
    module = trainer.lightning_module
    gradients = [None if one.grad is None else one.grad.tolist() for one in module.parameters()]
    rates = [group["lr"] for one in trainer.optimizers for group in one.param_groups]
    logged = [plain(dict(one)) for one in (trainer.callback_metrics, trainer.logged_metrics)]
    return trainer.fit_loop.state_dict(), module._current_fx_name, gradients, rates, logged


class Listener(Callback):
    """Notes each hook, what it is told, and how everything stands."""

    def __init__(self, events: Events) -> None:
        for name in HOOKS:
            setattr(self, name, partial(self._note, events, name))

    def _note(self, events: Events, name: str, trainer: Trainer, module: LightningModule, *told: Any) -> None:
        events.append((name, plain(told), place(trainer)))


class Idle(Callback):
    """Has nothing to say."""


class Simple(LSTM):
    """An LSTM that is quick to make."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(hidden_size=2, dropout=0.2, **kwargs)


def trained(make: Callable[..., Forecaster], lean: bool, folder: Path, **settings: Any) -> tuple[Events, Any, str]:
    """What was heard, the weights and moments at the end, and the curves."""
    events: Events = []
    seed_everything(3)
    data, model = data_of(random_walk(140), batch_size=16), make(**LENGTHS)
    settings = {"max_epochs": 3, "callbacks": [Idle(), Listener(events)], "profiler": NoProfiler(), **settings}
    trainer = Trainer(
        accelerator="cpu",
        logger=CSVLogger(folder, name="", version="lean" if lean else "usual"),
        log_every_n_steps=2,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
    if lean:
        use_lean_loop(trainer)
    trainer.fit(model, data)
    assert isinstance(trainer.fit_loop.epoch_loop, LeanEpochLoop) == lean
    end = plain({**model.state_dict(), **{f"moments {at}": one for at, one in enumerate(trainer.optimizers[0].state)}})
    return events, end, Path(trainer.logger.log_dir, "metrics.csv").read_text()  # type: ignore[union-attr, arg-type]


class Linear(Forecaster):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.head(x[..., 0])
        return answer


def weight_count(module: nn.Module) -> int:
    return sum(weights.numel() for weights in module.parameters())


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: weights.numpy() for name, weights in module.state_dict().items()}
