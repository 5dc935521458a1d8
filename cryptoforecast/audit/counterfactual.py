"""The inputs, weights and forecasts of a model on given closes, in a form that two builds can be compared by."""

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd
import torch
from jaxtyping import Float64, Int64
from lightning.pytorch import seed_everything
from torch import Tensor

from cryptoforecast.audit.altered import with_cached_sources
from cryptoforecast.audit.learning import ShortTraining
from cryptoforecast.audit.origins import densities, forecasts, sample
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.distribution import forecasts_distribution
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.ladder.ladder import fit_ladder, follow_all
from cryptoforecast.models.ladder.rung import Rung

EPOCHS = (0, 1)
FORECAST = 5000  # origins before a border that are forecast: the last, and as many evenly spread over all

Batch = dict[str, str]  # the SHA-256 of each part of a batch of windows


class ModelInputs(NamedTuple):
    """What a model is given: all series, the ``times`` and ``prices`` that windows are cut from, batches, closes.

    ``train`` has the batches of each of the first epochs, ``val`` those of validation, ``closes`` are those that a
    scaling is fitted on.
    """

    series: list[CloseSeries]
    times: Int64[Tensor, " bars"]
    prices: Float64[Tensor, "bars channels"]
    train: list[list[Batch]]
    val: list[Batch]
    closes: Float64[Tensor, " time"]


class Forecast(NamedTuple):
    """Forecasts from some origins, by trained and by first weights.

    Of a model with a distribution they have its quantiles too; ``densities`` are the PITs and the log densities, by
    trained weights, of the targets that are known before the border, and ``states`` those of each rung of the ladder
    after each bar before it.
    """

    origins: Tensor
    trained: Tensor
    first: Tensor
    densities: Tensor
    states: dict[str, Tensor]


class TrainedOutputs(NamedTuple):
    """What a few steps of training come to: a model's state before and after them, its scaling's, and forecasts.

    ``scaled`` are the network numbers of some training windows; ``ladder`` is what each rung of the ladder has
    learned, of a model with a distribution; ``forecasts`` are those from before each border.
    """

    start: dict[str, Any]
    state: dict[str, Any]
    scaling: dict[str, Any]
    scaled: list[Tensor]
    ladder: dict[str, Any]
    forecasts: list[Forecast]


class Counterfactual(NamedTuple):
    """The data as they would be if everything from a border on were garbage; each part is built when it is called."""

    border: pd.Timestamp
    read: Callable[[], ModelInputs]
    train: Callable[[], TrainedOutputs]

    @property
    def why(self) -> str:
        """What makes this counterfactual another one, in words."""
        return f"when closes from {say_time(self.border)} on change"


def cached_for(model: Forecaster, data: CloseDataModule) -> CloseDataModule:
    """The same data, set up for ``fit``, each source asked once and for all.

    High and Low are read too, as the ladder of baselines reads them, for a model that forecasts distributions.
    """
    cached = with_cached_sources(data)
    cached.setup("fit")
    if forecasts_distribution(model, cached):
        cached = with_cached_sources(data, ranges=True)
        cached.setup("fit")
    return cached


def read(data: CloseDataModule, seed: int) -> ModelInputs:
    """What a model is given of data that are set up for ``fit``."""
    return ModelInputs(
        series=list(data.series),
        times=data.windows.times,
        prices=data.windows.prices,
        train=[[_hashes(batch) for batch in train_batches(data, seed, epoch)] for epoch in EPOCHS],
        val=[_hashes(batch) for batch in data.val_dataloader()],
        closes=data.train_closes(),
    )


def train(
    learn: Callable[[CloseDataModule], ShortTraining], data: CloseDataModule, borders: Sequence[pd.Timestamp]
) -> tuple[TrainedOutputs, Forecaster]:
    """Train a model, and forecast from origins before each border.

    Args:
        learn: trains it.
        data: set up for ``fit``.
        borders: the borders.

    Returns:
        What came of it, and the trained model.
    """
    learned = learn(data)
    model, state = learned.model, copy.deepcopy(learned.state)
    chosen = [_before(data, border) for border in borders]
    origins = data.windows.times[data.windows.starts + data.windows.context_length - 1]
    by_trained = [forecasts(model, data.windows, positions) for positions in chosen]
    known = [densities(model, data.windows, _known(data, positions, border)) for positions, border in
             zip(chosen, borders, strict=True)]  # fmt: skip
    rungs = rungs_of(model, data)
    followed = {name: torch.from_numpy(follow_all(rung, data.bars())) for name, rung in rungs.items()}
    model.load_state_dict(learned.start)
    by_first = [forecasts(model, data.windows, positions) for positions in chosen]
    model.load_state_dict(state)
    answers = [
        Forecast(
            origins[positions], trained, first, density,
            {name: states[data.windows.times < border.value] for name, states in followed.items()},
        )
        for positions, trained, first, density, border in zip(chosen, by_trained, by_first, known, borders, strict=True)
    ]  # fmt: skip
    ladder = {name: rung.learned() for name, rung in rungs.items()}
    return TrainedOutputs(learned.start, state, learned.scaling, learned.scaled, ladder, answers), model


def rungs_of(model: Forecaster, data: CloseDataModule) -> dict[str, Rung]:
    """The rungs of the ladder that stand beside a model with a distribution, and the one that its head stands on.

    Args:
        model: trained.
        data: set up for ``fit``.
    """
    if not forecasts_distribution(model, data):
        return {}
    base = model.output_head.base
    below = {} if base is None else {f"{base.name} below {type(model.output_head).__name__}": base.rung}
    return {**below, **fit_ladder(data.bars(), data.horizon).rungs}


def train_batches(data: CloseDataModule, seed: int, epoch: int) -> Iterator[Window]:
    """The training batches of an epoch, in its order."""
    seed_everything(seed, verbose=False)
    loader: Any = data.train_dataloader()
    if hasattr(getattr(loader, "sampler", None), "set_epoch"):
        loader.sampler.set_epoch(epoch)
    return iter(loader)


def _before(data: CloseDataModule, border: pd.Timestamp) -> Int64[Tensor, " windows"]:
    origins = data.windows.times[data.windows.starts + data.windows.context_length - 1]
    before = (origins < border.value).nonzero().squeeze(1)
    return torch.cat([sample(before[:-FORECAST], FORECAST), before[-FORECAST:]])


def _known(data: CloseDataModule, positions: Int64[Tensor, " windows"], border: pd.Timestamp) -> Tensor:
    """Those of some windows whose targets all come before a border."""
    return positions[data.windows.target_times(positions)[:, -1] < border.value]


def _hashes(batch: Window) -> Batch:
    return {name: _sha256(field) for name, field in batch.tensors().items()}


def _sha256(tensor: Tensor) -> str:
    kind = f"{tensor.dtype} {tuple(tensor.shape)}".encode()
    return hashlib.sha256(kind + tensor.detach().cpu().contiguous().numpy().tobytes()).hexdigest()
