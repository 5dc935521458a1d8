"""The stages from series to forecast, each compared with its counterfactual, where the future is garbage."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.audit.counterfactual import (
    EPOCHS,
    Batch,
    Counterfactual,
    Forecast,
    ModelInputs,
    TrainedOutputs,
    train_batches,
)
from cryptoforecast.audit.lookahead import LookAhead, StageResult, difference, differing, differing_part, same
from cryptoforecast.audit.origins import require_blind, require_no_memory
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.data.windows import Window
from cryptoforecast.formatting import join_names
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.forecaster import Forecaster


def check_series(known: ModelInputs, counterfactuals: Sequence[Counterfactual]) -> StageResult:
    """Compare all bars before each border, as series and as the tensor that windows are cut from.

    Raises:
        LookAhead: naming the first bar that differs.
    """
    counts = []
    for counterfactual in counterfactuals:
        changed = counterfactual.read()
        for before, after in zip(known.series, changed.series, strict=True):
            if what := difference(before, after, counterfactual.border):
                raise LookAhead("series", f"{what} {counterfactual.why}")
        first, second = (_before(inputs, counterfactual.border) for inputs in (known, changed))
        if not same(first, second):
            raise LookAhead(
                "series", f"the prices that windows are cut from differ before that day {counterfactual.why}"
            )
        counts.append(f"{len(first[0]):,} bars before {say_time(counterfactual.border)}")
    return StageResult("series", " and ".join(counts))


def check_windows(
    known: ModelInputs, counterfactuals: Sequence[Counterfactual], data: CloseDataModule, seed: int
) -> StageResult:
    """Compare training windows in the order of two epochs, and validation windows where only the test is garbage.

    Raises:
        LookAhead: naming the first batch that differs; or a window whose closes are not those of its times.
    """
    for number, counterfactual in enumerate(counterfactuals):
        changed = counterfactual.read()
        for epoch, batches in enumerate(zip(known.train, changed.train, strict=True)):
            for at, (first, second) in enumerate(zip_longest(*batches)):
                _require_same_windows(first, second, f"training batch {at} of epoch {EPOCHS[epoch]}", counterfactual)
        if number > 0:
            for at, (first, second) in enumerate(zip_longest(known.val, changed.val)):
                _require_same_windows(first, second, f"validation batch {at}", counterfactual)
    for window in (*train_batches(data, seed, 0), *data.val_dataloader()):
        _require_right_closes(window, data)
    train, val = len(data.fold.train), len(data.fold.val)
    return StageResult(
        "windows", f"{train:,} for training in the order of {len(EPOCHS)} epochs, {val:,} for validation"
    )


def check_scaling(
    model: Forecaster, known: ModelInputs, learned: TrainedOutputs, counterfactuals: Sequence[Counterfactual]
) -> StageResult:
    """Compare the closes a scaling is fitted on, what it has learned, and what it makes of training windows.

    Raises:
        LookAhead: naming what differs.
    """
    name = type(model.scaling).__name__
    for number, counterfactual in enumerate(counterfactuals):
        if not same(known.closes, counterfactual.read().closes):
            raise LookAhead("scaling", f"the closes that {name} is fitted on differ {counterfactual.why}")
        changed = counterfactual.train()
        _require_same_rungs(known, learned, changed, number, counterfactual)
        if (part := differing(learned.scaling, changed.scaling)) is not None:
            what = f"{name}'s state" if part == "_extra_state" else f"{part} of {name}"
            raise LookAhead("scaling", f"{what} differs {counterfactual.why}")
        if not same(learned.scaled, changed.scaled):
            raise LookAhead("scaling", f"{name} scales the same training windows otherwise {counterfactual.why}")
    closes, scaled = len(known.closes), len(learned.scaled[0])
    rungs = f"; what {join_names(learned.ladder)} have learned, and their states" if learned.ladder else ""
    return StageResult(
        "scaling", f"{name} after {closes:,} training closes, and {scaled:,} training windows scaled{rungs}"
    )


def _require_same_rungs(
    known: ModelInputs, learned: TrainedOutputs, changed: TrainedOutputs, number: int, counterfactual: Counterfactual
) -> None:
    """Compare what each rung of the ladder has learned, and its states after the bars before a border."""
    if (rung := differing(learned.ladder, changed.ladder)) is not None:
        raise LookAhead("scaling", f"what {rung} has learned differs {counterfactual.why}")
    (counterpart,) = changed.forecasts
    times = known.times[known.times < counterfactual.border.value]
    for rung, states in learned.forecasts[number].states.items():
        if not same(states, counterpart.states[rung]):
            row = int((states != counterpart.states[rung]).any(dim=1).int().argmax())
            time = say_time(pd.Timestamp(int(times[row]), tz="UTC"))
            raise LookAhead("scaling", f"the state of {rung} after the bar of {time} differs {counterfactual.why}")


def check_training(
    model: Forecaster,
    steps: int,
    learned: TrainedOutputs,
    counterfactuals: Sequence[Counterfactual],
    repeat: Callable[[Counterfactual], TrainedOutputs],
) -> StageResult:
    """Compare a model's whole state before the first step and after the last.

    Args:
        model: the model.
        steps: for how many it was trained.
        learned: what came of it.
        counterfactuals: the others.
        repeat: trains it again, as a counterfactual does, on the closes as they are.

    Raises:
        LookAhead: naming the weights that differ; or saying that they do so from one training to the next.
    """
    name = type(model).__name__
    for counterfactual in counterfactuals:
        changed = counterfactual.train()
        at_first = differing_part(learned.start, changed.start)
        part = at_first or differing_part(learned.state, changed.state)
        if part is None:
            continue
        repeated = repeat(counterfactual)
        if not (same(learned.start, repeated.start) and same(learned.state, repeated.state)):
            raise LookAhead("training", f"{part} of {name} differs each time, on the same closes with the same seed")
        when = "before the first step" if at_first else f"after {steps} steps"
        raise LookAhead("training", f"{part} of {name} differs {when} {counterfactual.why}")
    if is_estimator(type(model)):
        return StageResult("training", f"all that {name}.fit has learned of the training windows")
    count = sum(weights.numel() for weights in model.parameters())
    after = f"after {steps} steps on the last training windows"
    return StageResult("training", f"{count:,} weights of {name} {after}" if count else f"{name} has no weights")


def check_forecasts(
    model: Forecaster, learned: TrainedOutputs, counterfactuals: Sequence[Counterfactual], data: CloseDataModule
) -> StageResult:
    """Compare forecasts from origins before each border, by trained and by first weights; perturb single futures.

    Raises:
        LookAhead: naming the origin of a forecast that depends on more than its window.
    """
    positions = torch.cat([data.fold.train, data.fold.val])
    remarks = [require_no_memory(model, data.windows, positions), require_blind(model, data, positions)]
    counts = []
    for known, counterfactual in zip(learned.forecasts, counterfactuals, strict=True):
        (changed,) = counterfactual.train().forecasts
        for first, second in ((known.trained, changed.trained), (known.first, changed.first)):
            _require_same_forecasts(model, known, first, second, counterfactual)
        if not same(known.densities, changed.densities):
            what = f"the PIT or the log density that {type(model).__name__} gives a target"
            raise LookAhead("forecast", f"{what} before {say_time(counterfactual.border)} differs {counterfactual.why}")
        counts.append(f"{len(known.origins):,} from origins before {say_time(counterfactual.border)}")
    return StageResult("forecast", "; ".join([f"{' and '.join(counts)}, by trained and by first weights", *remarks]))


def _require_same_forecasts(
    model: Forecaster, known: Forecast, first: Tensor, second: Tensor, counterfactual: Counterfactual
) -> None:
    if not same(first, second):
        at = int((first != second).any(dim=1).int().argmax())
        origin = say_time(pd.Timestamp(int(known.origins[at]), tz="UTC"))
        numbers = f"{first[at, 0].item():.10g} or {second[at, 0].item():.10g}"
        raise LookAhead(
            "forecast", f"{type(model).__name__} forecasts {numbers} from {origin}, the latter {counterfactual.why}"
        )


def _before(known: ModelInputs, border: pd.Timestamp) -> tuple[Tensor, Tensor]:
    rows = known.times < border.value
    return known.times[rows], known.prices[rows]


def _require_same_windows(
    first: Batch | None, second: Batch | None, which: str, counterfactual: Counterfactual
) -> None:
    if first is None or second is None:
        raise LookAhead("windows", f"{which} is there or not {counterfactual.why}")
    if (name := differing(first, second)) is not None:
        raise LookAhead("windows", f"the {name} in {which} differs {counterfactual.why}")


def _require_right_closes(window: Window, data: CloseDataModule) -> None:
    """See that the targets of a batch are the closes that follow the origin, and a context's last is the origin's."""
    for number, series in enumerate(data.series):
        members = window.series == number
        closes, origins = torch.tensor(series.closes.to_numpy()), window.origin[members]
        places = _places(series.closes, origins).unsqueeze(1) + torch.arange(data.horizon + 1)
        seen = torch.cat([window.context[members, -1:, 0], window.target[members]], dim=1)
        wrong = closes[places.clamp_max(len(closes) - 1)] != seen
        if wrong.any():
            row, step = (int(place) for place in wrong.nonzero()[0])
            what = f"target of step {step}" if step else "last close"
            origin = say_time(pd.Timestamp(int(origins[row]), tz="UTC"))
            raise LookAhead("windows", f"the {what} of the window from {origin} is not the close of its time")


def _places(closes: pd.Series, origins: Int64[Tensor, " windows"]) -> Int64[Tensor, " windows"]:
    stamps: np.ndarray = in_nanoseconds(pd.DatetimeIndex(closes.index)).asi8
    return torch.from_numpy(np.searchsorted(stamps, origins.numpy()))
