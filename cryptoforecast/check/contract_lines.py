"""Lines on the contract: a model is made from its arguments, takes all lengths, and learns."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cryptoforecast.check.closes import ALL_COLUMNS, walk
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.learning import fall_of
from cryptoforecast.check.outcomes import Fails, Missing, NotTried, in_one_sentence
from cryptoforecast.check.short_fit import Fitted
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import count_of, join_names
from cryptoforecast.models.checkpoints.load import make_forecaster
from cryptoforecast.models.contract.across import OF_A_SERIES
from cryptoforecast.models.contract.distribution import WindowForecast, forecast_with_distribution
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.settings.arguments import TAKEN_FROM_DATA

HORIZONS = (1, 7)
CONTEXT_LENGTHS = (24, 37, 60)
TRIED = 5  # windows that are forecast


def check_construction(examination: Examination) -> str:
    """Make the model, and make it again from what a checkpoint records of it."""
    subject = examination.subject
    try:
        model = subject.made_for(examination.data())
    except TypeError as problem:
        if "unexpected keyword argument" not in str(problem):
            raise
        advice = "let __init__ take **kwargs, and pass them on with super().__init__(**kwargs)"
        raise Fails(f"{problem}: {advice}.") from None
    repeated = make_forecaster(model.record(), f"a record of {subject.name}")
    if lost := [name for name in TAKEN_FROM_DATA if getattr(model, name) != getattr(repeated, name)]:
        raise Fails(
            f"its record does not have {join_names(lost)}: let __init__ take **kwargs, and pass exactly these on with "
            "super().__init__(**kwargs)."
        )
    if _shapes(model) != _shapes(repeated):
        raise Fails(
            "made again from its record it has other weights: its arguments alone must say what it consists of."
        )
    count = sum(weights.numel() for weights in model.parameters())
    return f"{count_of(count, 'weight')}; made again from its record, it has the same layers"


def check_training(examination: Examination) -> str:
    """Train two epochs with their validations, and forecast."""
    fitted = examination.fitted
    epochs, windows = fitted.trainer.current_epoch, len(fitted.data.fold.train)
    if not examination.forecasts(fitted).isfinite().all():
        raise Fails(f"it forecasts numbers that are not finite after {count_of(epochs, 'epoch')}.")
    return f"{count_of(epochs, 'epoch')} of {windows} windows with their validations"


def check_horizons(examination: Examination) -> str:
    """Train a step and forecast with several horizons."""
    advice = "let the network end with self.outputs numbers"
    return _tried(examination, "horizon", sorted({*HORIZONS, examination.subject.settings["horizon"]}), advice)


def check_context_lengths(examination: Examination) -> str:
    """Train a step and forecast with several context lengths."""
    lengths = sorted({*CONTEXT_LENGTHS, examination.subject.settings["context_length"]})
    return _tried(examination, "context_length", lengths, "size what depends on it by self.context_length")


def check_columns(examination: Examination) -> str:
    """Train a step and forecast with one column and with several."""
    choices = list(dict.fromkeys([(CLOSE,), tuple(examination.subject.settings["columns"]), ALL_COLUMNS]))
    return _tried(examination, "columns", choices, "size what depends on them by self.channels")


def check_coins(examination: Examination) -> str:
    """Train a step on two coins together, and forecast both."""
    coins = [walk(len(examination.closes.closes), seed, f"COIN{seed}") for seed in (1, 2)]
    _try_out(examination, examination.data(coins))
    return "one, and two that are trained on together"


def check_across(examination: Examination) -> str:
    """Train a step on two coins that are seen at once, and forecast both."""
    model = examination.fitted.model
    if is_estimator(type(model)) or has_method(model, "point") or model._overrides("forecast"):
        raise NotTried("it is not made for data.across, which needs a forward that returns numbers for a head.")
    if named := [name for name in OF_A_SERIES if name in model.names_in_forward]:
        raise NotTried(f"it is not made for data.across: its forward names {named[0]}, which is of one series.")
    coins = [walk(len(examination.closes.closes), seed, f"COIN{seed}") for seed in (1, 2)]
    try:
        _try_out(examination, examination.data(coins, across=True))
    except Exception as problem:
        raise Missing(f"{in_one_sentence(problem).rstrip('.')}: data.across cannot be used.") from None
    return "two are forecast at once, with data.across"


def check_gradients(examination: Examination) -> str:
    """Check that each weight had a gradient other than zero while the model learned."""
    fitted = examination.fitted_on_sine
    names = [name for name, weights in fitted.model.named_parameters() if weights.requires_grad]
    if unreached := [name for name in names if name not in fitted.reached]:
        raise Fails(
            f"{join_names(unreached)} had no gradient in {count_of(fitted.trainer.global_step, 'step')}: no forecast "
            "depends on them, or it is detached from them; use them, or take them out."
        )
    return f"they reach each of {count_of(len(names), 'tensor')} of weights"


def check_loss(examination: Examination) -> str:
    """Check that the loss falls on a sine."""
    losses = examination.fitted_on_sine.losses
    if not losses:
        raise NotTried("its training_step returns no loss to look at.")
    fall = fall_of(losses)
    if not fall.is_enough:
        raise Fails(
            f"on a sine it is {fall.first:.4g} at first and {fall.last:.4g} after {count_of(len(losses), 'step')}, so "
            "nothing is learned: look at the learning rate, and whether forecast and target are in the same units."
        )
    return f"on a sine it falls from {fall.first:.4g} to {fall.last:.4g} in {count_of(len(losses), 'step')}"


def _shapes(model: Forecaster) -> dict[str, Any]:
    """The shapes of a model's tensors by name; of what is no tensor, nothing."""
    return {name: getattr(value, "shape", None) for name, value in model.state_dict().items()}


def _tried(examination: Examination, setting: str, values: Sequence[Any], advice: str) -> str:
    """Train a step and forecast with each value of a setting; a value that the model refuses itself is named.

    Raises:
        Fails: naming the first value with which something goes wrong, and what to do.
    """
    refused, taken = [], []
    for value in values:
        words = f"[{', '.join(value)}]" if isinstance(value, tuple) else str(value)
        data = examination.data(**{setting: value})
        try:
            examination.subject.made_for(data)
        except UserError as refusal:
            refused.append(f"{words} is refused: {refusal}")
            continue
        try:
            _try_out(examination, data)
        except Exception as problem:
            raise Fails(f"{setting} {words}: {in_one_sentence(problem).rstrip('.')}; {advice}.") from problem
        taken.append(words)
    if not taken:
        raise Fails("; ".join(refused))
    return "; ".join([", ".join(taken), *refused])


def _try_out(examination: Examination, data: CloseDataModule) -> None:
    """Train a step and forecast a few windows of each series.

    Raises:
        Fails: if a forecast is not finite.
    """
    fitted = examination.fit(data, steps=1)
    for positions in data.windows.by_series(data.fold.val):
        forecast = forecast_of(fitted, positions[:TRIED])
        if not forecast.point.isfinite().all():
            raise Fails("it forecasts numbers that are not finite.")


def forecast_of(fitted: Fitted, positions: Tensor) -> WindowForecast:
    """What a fitted model forecasts for some windows."""
    with torch.inference_mode():
        return forecast_with_distribution(fitted.model, fitted.data.windows[positions])
