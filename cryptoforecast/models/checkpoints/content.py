"""What a forecaster adds to Lightning's checkpoints, as plain values that cannot run code."""

from typing import TYPE_CHECKING, Any

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.loaded_parts import record_resumption, to_records
from cryptoforecast.models.checkpoints.provenance import provenance_of
from cryptoforecast.models.contract.optimizers import trainer_of
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.recipe.write import class_path, parameters_of, recipe_of, to_json_value

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

CONTENT = "cryptoforecast"  # the key
WRITTEN = "_written_arguments"  # of a model that was made of a record: its arguments as they stand there


def add_content(model: "Forecaster", checkpoint: dict[str, Any]) -> None:
    """Add versions, the recipes of model and data, the curves of the current epoch, and earlier trainings.

    Args:
        model: attached to a trainer.
        checkpoint: what Lightning is about to save; its record of the arguments is removed, as it may hold anything.
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
    """Restore the curves of the current epoch, and record what the model was trained on.

    Args:
        model: the model; nothing is done if it is attached to no trainer, and so is loaded to forecast.
        checkpoint: the checkpoint that the fit goes on from.
    """
    if trainer_of(model) is None:
        return
    content = checkpoint[CONTENT]
    former = {"train/loss": content.get("train_loss", {})}  # the entry of older checkpoints
    model._curves.from_state(model, content.get("curves", former))
    record_resumption(model, content, datamodule_of(model.trainer))


def recipe_of_model(model: "Forecaster") -> dict[str, Any]:
    """The class path and the arguments of a model, as plain values.

    Raises:
        UserError: if an argument has no plain form.
    """
    arguments = {name: value for name, value in model.hparams.items() if not name.startswith("_")}
    arguments["scaling"] = recipe_of(model.scaling)
    if not isinstance(model.output_head, Point | RungHead):  # older versions know no head; a rung's has no choice
        arguments["head"] = recipe_of(model.output_head)
    if model.scalings:
        arguments["scalings"] = model.scalings
    cls = type(model)
    known = parameters_of(cls)
    new = {
        "future": [],
        "series_count": 1,
        "across": False,
    }  # unknown to older versions
    accepted = {
        name: value for name, value in arguments.items()
        if name in known and not (name in new and to_json_value(value) == new[name])
    }  # fmt: skip
    written = model.__dict__.get(WRITTEN, {})
    plain = {name: _plain(value, name, written) for name, value in accepted.items()}
    return {"class_path": class_path(cls), "init_args": plain}


def _plain(value: Any, name: str, written: dict[str, Any]) -> Any:
    """An argument as a plain value; of a model that was made of a record, what has no plain form as it stands there."""
    try:
        return to_json_value(value)
    except UserError:
        if name not in written:
            raise
        return written[name]
