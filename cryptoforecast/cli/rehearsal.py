"""What training would stumble over later, tried before a run folder is made."""

from lightning.pytorch import Trainer

from cryptoforecast.cli.arguments import LINKED
from cryptoforecast.data.datamodule import WITHOUT_GRADIENTS, CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.forecasts import rows_beside_baselines
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoint import make_forecaster


def rehearse(model: Forecaster, data: CloseDataModule, trainer: Trainer) -> None:
    """Make the model again from its record, forecast the first validation windows, and set up learning.

    Args:
        model: the model to be trained.
        data: set up for ``fit``.
        trainer: what is to train it.

    Raises:
        UserError: naming what will not go.
    """
    name = type(model).__name__
    for setting in LINKED:
        took, given = getattr(model, setting), getattr(data, setting)
        if took != given:
            raise UserError(
                f"{name} has {setting} {_said(took)}, and data.{setting} is {_said(given)}: "
                "let its __init__ take **kwargs and pass them on to super().__init__."
            )
    model.scaling.fit(data.train_closes())
    try:
        with trainer.precision_plugin.forward_context():
            rows_beside_baselines(model, data, "val", most=WITHOUT_GRADIENTS)
    except RuntimeError as problem:
        if "primitive" not in str(problem):  # oneDNN's word for what a processor can do
            raise
        raise UserError(f"trainer.precision {trainer.precision}: this processor cannot compute {name} in it.") from None
    again = make_forecaster(model.record(), f"a checkpoint of {name}")
    try:
        again.load_state_dict(model.state_dict())
    except RuntimeError:
        raise UserError(
            f"{name} cannot be made again by its arguments alone, so no checkpoint of it can be read."
        ) from None
    if any(weights.requires_grad for weights in model.parameters()):
        model.configure_optimizers()
    elif trainer.world_size > 1:
        raise UserError(f"{name} has no weights for {trainer.world_size} processes to train; set trainer.devices to 1.")


def _said(setting: int | tuple[str, ...]) -> str:
    return f"[{', '.join(setting)}]" if isinstance(setting, tuple) else str(setting)
