"""What a forecaster adds to Lightning's checkpoints: all that forecasting takes, in values that cannot run code."""

from typing import TYPE_CHECKING, Any

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.models.checkpoints.loaded_parts import record_resumption, to_records
from cryptoforecast.models.checkpoints.provenance import provenance_of

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

CONTENT = "cryptoforecast"  # the key


def add_content(model: "Forecaster", checkpoint: dict[str, Any]) -> None:
    """Add a model's recipe, its data's, the curves of the epoch under way, and what it was trained on before.

    Args:
        model: attached to a trainer.
        checkpoint: Lightning's; loses Lightning's own record of the arguments, which may hold anything.
    """
    for key in ("hyper_parameters", "hparams_name"):
        checkpoint.pop(key, None)
    data = datamodule_of(model.trainer)
    checkpoint[CONTENT] = {
        **provenance_of(model.trainer),
        "model": model.record(),
        "data": data.record() if data else None,
        "curves": model._curves.to_state(model),
        "trained_before": to_records(model),
    }


def resume_from_content(model: "Forecaster", checkpoint: dict[str, Any]) -> None:
    """Go on with the curves of the epoch under way, and note what the model was trained on.

    Args:
        model: attached to a trainer.
        checkpoint: that training goes on from.
    """
    content = checkpoint[CONTENT]
    former = {"train/loss": content.get("train_loss", {})}  # how it was kept when it was the only curve
    model._curves.from_state(model, content.get("curves", former))
    record_resumption(model, content, datamodule_of(model.trainer))
