"""The check that a model which was never fitted can forecast at all."""

from torch import nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.heads.rung_head import RungHead

FIT_HOOKS = (  # a model that overrides one of these learns something in a fit
    "setup",
    "configure_model",
    "configure_optimizers",
    "on_fit_start",
    "on_train_start",
    "on_train_epoch_start",
    "on_train_batch_start",
    "training_step",
    "on_train_batch_end",
    "on_train_epoch_end",
    "on_train_end",
    "on_fit_end",
    "on_load_checkpoint",
    "get_extra_state",
    "set_extra_state",
)


def require_fitted(model: Forecaster, advice: str) -> None:
    """Refuse a model that comes from no checkpoint and has something to learn.

    Args:
        model: a new model.
        advice: what to do instead, which the error begins with.

    Raises:
        UserError: naming what the model has to learn.
    """
    if (reason := _needs_fitting(model)) is not None:
        raise UserError(f"{advice}: {type(model).__name__} {reason}.")


def _needs_fitting(model: Forecaster) -> str | None:
    """Why a new model cannot forecast yet, as words that follow its name; None if it can."""
    if any(True for _ in model.parameters()):
        return "has weights to be trained first"
    if hasattr(type(model), "fit"):
        return "has a method fit, so it is fitted first"
    for hook in FIT_HOOKS:
        if is_overridden(model, hook, Forecaster):
            return f"has a {hook} of its own, which is called when it is fitted"
    head = model.output_head
    fitted_when_followed = head.base if isinstance(head, RungHead) else None
    parts = [part for part in model.modules() if part not in (model, model.scaling, fitted_when_followed)]
    if any(is_overridden(part, "get_extra_state", nn.Module) for part in parts):
        return "has a part with a state to be fitted first"
    return None
