"""Whether a model must be fitted before it can forecast."""

from torch import nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.models.forecaster import Forecaster

FITTING = (
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
    """Refuse a model that was just made and must be fitted before it can forecast.

    Args:
        model: comes from no checkpoint.
        advice: what to give, which the sentence begins with.

    Raises:
        UserError: saying what shows that it must.
    """
    if (reason := _needs_fitting(model)) is not None:
        raise UserError(f"{advice}: {type(model).__name__} {reason}.")


def _needs_fitting(model: Forecaster) -> str | None:
    """Why a model that was just made cannot forecast yet, in words that follow its name; None if it can."""
    if any(True for _ in model.parameters()):
        return "has weights to be trained first"
    if hasattr(type(model), "fit"):
        return "has a method fit, so it is fitted first"
    for hook in FITTING:
        if is_overridden(model, hook, Forecaster):
            return f"has a {hook} of its own, which is called when it is fitted"
    parts = [part for part in model.modules() if part not in (model, model.scaling)]
    if any(is_overridden(part, "get_extra_state", nn.Module) for part in parts):
        return "has a part with a state to be fitted first"
    return None
