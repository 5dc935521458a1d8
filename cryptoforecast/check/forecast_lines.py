"""Lines on forecasts: they depend on their own window alone, and not on the unit of its prices."""

import random
from functools import partial

import numpy as np
import torch
from torch import Tensor

from cryptoforecast.audit.lookahead import LookAhead, same
from cryptoforecast.audit.origins import (
    require_blind,
    require_same_again,
    require_same_backwards,
    require_same_in_batches,
)
from cryptoforecast.check.closes import in_unit
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Fails, in_one_sentence
from cryptoforecast.check.short_fit import Fitted

UNITS = (1e-6, 1e6)
STEPS = 10  # after which forecasts in several units are compared
TOLERANCE = 1e-4  # of a forecast over the last close
OF_THE_BATCH = "compute nothing over the first dimension, and keep it: no squeeze() and no batch statistics"


def check_determinism(examination: Examination) -> str:
    """Forecast the same windows with two seeds, in evaluation mode."""
    first, second = (_seeded(examination, seed) for seed in (0, 1))
    if same(first, second):
        return f"{len(first)} forecasts are the same bits with another seed"
    if same(first, _seeded(examination, 0)):
        raise Fails(
            "forecasts depend on random numbers in evaluation mode: draw them only `if self.training`, or use "
            "nn.Dropout, which does so."
        )
    raise Fails("forecasts differ from one call to the next: keep no state between batches, and use no clock.")


def check_memory(examination: Examination) -> str:
    """Forecast the same windows twice, with others in between."""
    fitted = examination.fitted
    windows = fitted.data.windows
    positions = examination.positions
    require = partial(require_same_again, between=fitted.data.fold.val)
    _blind("keep no state of one batch for the next", require, fitted, windows, positions)
    return f"{len(examination.positions)} forecasts are the same bits after others"


def check_batch_size(examination: Examination) -> str:
    """Forecast the same windows in batches of other sizes."""
    fitted = examination.fitted
    windows = fitted.data.windows
    _blind(OF_THE_BATCH, require_same_in_batches, fitted, windows, examination.positions)
    return "forecasts are the same in batches of 1, 7 and 64, up to rounding"


def check_order(examination: Examination) -> str:
    """Forecast the same windows backwards."""
    fitted = examination.fitted
    windows = fitted.data.windows
    _blind(OF_THE_BATCH, require_same_backwards, fitted, windows, examination.positions)
    return "forecasts are the same backwards, up to rounding"


def check_later_rows(examination: Examination) -> str:
    """Change the bars after the origins, and cut the series to a window."""
    fitted, chosen = examination.fitted, examination.positions
    try:
        return require_blind(fitted.model, fitted.data, chosen)
    except LookAhead as found:
        raise Fails(f"{found.reason}: use the window that forward is given, and no other rows.") from None


def check_price_unit(examination: Examination) -> str:
    """Train and forecast with prices in three units."""
    first = _relative(examination, 1.0)
    for unit in UNITS:
        difference = float((_relative(examination, unit) - first).abs().max())
        if not difference <= TOLERANCE:
            raise Fails(
                f"with prices times {unit:g}, forecasts over the last close differ by up to {difference:.2g}: compute "
                "with scaled closes alone, and let encode of a scaling undo the unit, as by the last close."
            )
    return f"prices times {UNITS[0]:g} and {UNITS[1]:g} give the same forecasts over the last close"


def _blind(advice: str, require: object, fitted: Fitted, windows: object, positions: Tensor) -> None:
    """Run a check of the audit.

    Raises:
        Fails: if it finds something, with its reason and the advice.
    """
    try:
        require(fitted.model, windows, positions)  # type: ignore[operator]
    except LookAhead as found:
        raise Fails(f"{in_one_sentence(found).rstrip('.')}: {advice}.") from None


def _seeded(examination: Examination, seed: int) -> Tensor:
    for set_seed in (torch.manual_seed, np.random.seed, random.seed):
        set_seed(seed)
    return examination.forecasts(examination.fitted)


def _relative(examination: Examination, unit: float) -> Tensor:
    """Forecasts over the last close after a few steps with prices in a unit."""
    data = examination.data([in_unit(examination.closes, unit)])
    fitted = examination.fit(data, STEPS)
    positions = data.fold.val
    last = data.windows[positions].context[:, -1:, 0]
    return examination.forecasts(fitted, positions).double() / last
