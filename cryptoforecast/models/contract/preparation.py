"""What happens to a model before it is trained or judged: checks, the fit of its scaling, and its lazy layers."""

from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch.nn.parameter import is_lazy

from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.models.contract import checks
from cryptoforecast.models.contract.answers import forecast_window
from cryptoforecast.models.contract.arguments import require_arguments
from cryptoforecast.models.contract.calibration import begin_calibration
from cryptoforecast.models.contract.column_scalings import fit_column_scalings, settle_scalings
from cryptoforecast.models.contract.estimators import fit_estimator
from cryptoforecast.models.contract.following import follow, window_at_the_end
from cryptoforecast.models.contract.inference import evaluation_mode
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.models.heads.head import Head

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def prepare(model: "Forecaster", stage: str) -> None:
    """Check that model and data agree; before a fit, fit the scaling and an estimator, and make weights of lazy layers.

    Args:
        model: attached to a trainer; with other data than a CloseDataModule, its scaling is left as it is.
        stage: ``fit``, ``validate``, ``test`` or ``predict``.

    Raises:
        UserError: if model and data differ in context_length, horizon or columns.
    """
    data = datamodule_of(model.trainer)
    checks.require_head(model)
    if data is not None:
        checks.require_lengths(model, data)
        require_arguments(model, data, stage)
        settle_scalings(model, data)
    model._ladder_scores = None
    if stage == "predict" and data is not None:
        data.last_window = window_at_the_end(model, data)
    elif stage != "fit" and data is not None:
        data.windows = follow(model, data)
    if stage != "fit":
        return
    checks.require_precision(model.trainer)
    if data is not None:
        model.scaling.fit(data.train_closes())
        fit_column_scalings(model, data)
        fit_base(model, data)
        fit_head(model, data)
        begin_calibration(model, data)
        initialise_lazy_layers(model, data)
        fit_estimator(model, data)


def fit_base(model: "Forecaster", data: CloseDataModule) -> None:
    """Fit the rung that a model's head stands on, and give each window its state.

    Args:
        model: attached to a trainer.
        data: set up for ``fit``.
    """
    base = model.output_head.base
    if base is not None:
        base.fit(data.bars(), data.horizon)
    data.windows = follow(model, data)


def fit_head(model: "Forecaster", data: CloseDataModule) -> None:
    """Have a model's head learn what no gradient teaches.

    Args:
        model: attached to a trainer.
        data: set up for ``fit``.
    """
    if is_overridden(model.output_head, "fit", Head):
        model.output_head.fit(data.bars(), data.horizon)


def initialise_lazy_layers(model: "Forecaster", data: CloseDataModule) -> None:
    """Give lazy layers, such as ``nn.LazyLinear``, their weights by forecasting one training window.

    Optimizers and whatever counts weights come later and find them. Lightning's check before the first epoch would
    otherwise initialise them with a validation window.

    Args:
        model: on the CPU; its scaling is fitted. Nothing is done if it has no lazy layers.
        data: set up for ``fit``.
    """
    if any(is_lazy(weights) for weights in chain(model.parameters(), model.buffers())):
        with evaluation_mode(model, model.device), torch.no_grad():
            forecast_window(model, data.windows[data.fold.train[:1]])
