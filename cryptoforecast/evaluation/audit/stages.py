"""The stages from series to forecast, each compared with what it is where the future is garbage."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from lightning.pytorch import seed_everything
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.evaluation.audit.learning import Learned
from cryptoforecast.evaluation.audit.lookahead import Checked, LookAhead, difference, differing, same
from cryptoforecast.evaluation.audit.origins import forecasts, require_blind, require_no_memory, sample

EPOCHS = (0, 1)
FORECAST = 5000  # origins before a border that are forecast: the last, and as many evenly spread over all


class World(NamedTuple):
    """The data as they would be if everything from a border on were garbage; set up for ``fit``."""

    border: pd.Timestamp
    data: CloseDataModule

    @property
    def why(self) -> str:
        """What makes this world another one, in words."""
        return f"when closes from {say_time(self.border)} on change"


def check_series(data: CloseDataModule, worlds: Sequence[World]) -> Checked:
    """Compare all bars before each border, as series and as the tensor that windows are cut from.

    Raises:
        LookAhead: naming the first bar that differs.
    """
    counts = []
    for world in worlds:
        for one, other in zip(data.series, world.data.series, strict=True):
            if what := difference(one, other, world.border):
                raise LookAhead("series", f"{what} {world.why}")
        first, second = (_before(one.windows, world.border) for one in (data, world.data))
        if not same(first, second):
            raise LookAhead("series", f"the prices that windows are cut from differ before that day {world.why}")
        counts.append(f"{len(first['times']):,} bars before {say_time(world.border)}")
    return Checked("series", " and ".join(counts))


def check_windows(data: CloseDataModule, worlds: Sequence[World], seed: int) -> Checked:
    """Compare training windows in the order of two epochs, and validation windows where only the test is garbage.

    Raises:
        LookAhead: naming the first batch that differs; or a window whose closes are not those of its times.
    """
    for number, world in enumerate(worlds):
        for epoch in EPOCHS:
            batches = zip_longest(*(_train_batches(one, seed, epoch) for one in (data, world.data)))
            for batch, (first, second) in enumerate(batches):
                _require_same_windows(first, second, f"training batch {batch} of epoch {epoch}", world)
        if number > 0:
            for batch, (first, second) in enumerate(zip_longest(data.val_dataloader(), world.data.val_dataloader())):
                _require_same_windows(first, second, f"validation batch {batch}", world)
    for window in (*_train_batches(data, seed, 0), *data.val_dataloader()):
        _require_right_closes(window, data)
    train, val = len(data.fold.train), len(data.fold.val)
    return Checked("windows", f"{train:,} for training in the order of {len(EPOCHS)} epochs, {val:,} for validation")


def check_scaling(
    learned: Learned, others: Sequence[Learned], data: CloseDataModule, worlds: Sequence[World]
) -> Checked:
    """Compare the closes a scaling is fitted on, what it has learned, and what it makes of training windows.

    Raises:
        LookAhead: naming what differs.
    """
    name, closes = type(learned.model.scaling).__name__, data.train_closes()
    for other, world in zip(others, worlds, strict=True):
        if not same(closes, world.data.train_closes()):
            raise LookAhead("scaling", f"the closes that {name} is fitted on differ {world.why}")
        if (part := differing(learned.scaling, other.scaling)) is not None:
            what = f"{name}'s state" if part == "_extra_state" else f"{part} of {name}"
            raise LookAhead("scaling", f"{what} differs {world.why}")
        if not same(learned.scaled, other.scaled):
            raise LookAhead("scaling", f"{name} scales the same training windows otherwise {world.why}")
    scaled = len(learned.scaled[0])
    return Checked("scaling", f"{name} after {len(closes):,} training closes, and {scaled:,} training windows scaled")


def check_training(
    learned: Learned,
    others: Sequence[Learned],
    worlds: Sequence[World],
    repeat: Callable[[], Learned],
) -> Checked:
    """Compare a model's whole state before the first step and after the last.

    Raises:
        LookAhead: naming the weights that differ; or saying that they do so from one training to the next.
    """
    name, weights = type(learned.model).__name__, learned.state
    for other, world in zip(others, worlds, strict=True):
        if (part := differing(learned.start, other.start)) is not None:
            raise LookAhead("training", f"{part} of {name} differs before the first step {world.why}")
        if (part := differing(weights, other.state)) is None:
            continue
        if not same(weights, repeat().state):
            raise LookAhead("training", f"{part} of {name} differs each time, on the same closes with the same seed")
        raise LookAhead("training", f"{part} of {name} differs after {learned.steps} steps {world.why}")
    count = sum(one.numel() for one in learned.model.parameters())
    after = f"after {learned.steps} steps on the last training windows"
    return Checked("training", f"{count:,} weights of {name} {after}" if count else f"{name} has no weights")


def check_forecasts(
    learned: Learned, others: Sequence[Learned], data: CloseDataModule, worlds: Sequence[World]
) -> Checked:
    """Compare forecasts from origins before each border, by trained and by first weights; perturb single futures.

    Raises:
        LookAhead: naming the origin of a forecast that depends on more than its window.
    """
    positions = torch.cat([data.fold.train, data.fold.val])
    remarks = [require_no_memory(learned.model, data.windows, positions)]
    remarks.append(require_blind(learned.model, data, positions))
    counts = [_compare_forecasts(learned, *pair, data) for pair in zip(others, worlds, strict=True)]
    for one in (learned, *others):
        one.model.load_state_dict(one.start)
    for pair in zip(others, worlds, strict=True):
        _compare_forecasts(learned, *pair, data)
    return Checked("forecast", "; ".join([f"{' and '.join(counts)}, by trained and by first weights", *remarks]))


def _compare_forecasts(learned: Learned, other: Learned, world: World, data: CloseDataModule) -> str:
    windows = data.windows
    origins = windows.times[windows.starts + windows.context_length - 1]
    before = (origins < world.border.value).nonzero().squeeze(1)
    chosen = torch.cat([sample(before[:-FORECAST], FORECAST), before[-FORECAST:]])
    first = forecasts(learned.model, windows, chosen)
    second = forecasts(other.model, world.data.windows, chosen)
    if not same(first, second):
        at = int((first != second).any(dim=1).int().argmax())
        origin = say_time(pd.Timestamp(int(origins[chosen[at]]), tz="UTC"))
        numbers = f"{first[at, 0].item():.10g} or {second[at, 0].item():.10g}"
        who = type(learned.model).__name__
        raise LookAhead("forecast", f"{who} forecasts {numbers} from {origin}, the latter {world.why}")
    return f"{len(chosen):,} from origins before {say_time(world.border)}"


def _before(windows: WindowDataset, border: pd.Timestamp) -> dict[str, Tensor]:
    rows = windows.times < border.value
    return {"times": windows.times[rows], "prices": windows.prices[rows]}


def _train_batches(data: CloseDataModule, seed: int, epoch: int) -> Any:
    seed_everything(seed, verbose=False)
    loader: Any = data.train_dataloader()
    if hasattr(getattr(loader, "sampler", None), "set_epoch"):
        loader.sampler.set_epoch(epoch)
    return iter(loader)


def _require_same_windows(first: Window | None, second: Window | None, which: str, world: World) -> None:
    if first is None or second is None:
        raise LookAhead("windows", f"{which} is there or not {world.why}")
    for name, one, other in zip(Window._fields, first, second, strict=True):
        if not same(one, other):
            raise LookAhead("windows", f"the {name} in {which} differs {world.why}")


def _require_right_closes(window: Window, data: CloseDataModule) -> None:
    """See that the targets of a batch are the closes that follow the origin, and a context's last is the origin's."""
    for number, series in enumerate(data.series):
        own = window.series == number
        closes, origins = torch.tensor(series.closes.to_numpy()), window.origin[own]
        places = _places(series.closes, origins).unsqueeze(1) + torch.arange(data.horizon + 1)
        seen = torch.cat([window.context[own, -1:, 0], window.target[own]], dim=1)
        wrong = closes[places.clamp_max(len(closes) - 1)] != seen
        if wrong.any():
            row, step = (int(place) for place in wrong.nonzero()[0])
            what = f"target of step {step}" if step else "last close"
            origin = say_time(pd.Timestamp(int(origins[row]), tz="UTC"))
            raise LookAhead("windows", f"the {what} of the window from {origin} is not the close of its time")


def _places(closes: pd.Series, origins: Int64[Tensor, " windows"]) -> Int64[Tensor, " windows"]:
    stamps: np.ndarray = in_nanoseconds(pd.DatetimeIndex(closes.index)).asi8
    return torch.from_numpy(np.searchsorted(stamps, origins.numpy()))
