"""Comparisons of a checkpoint with the model and the closes at hand."""

import warnings
from inspect import Parameter
from typing import Any

import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE, CloseSeries, fingerprint
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.write import parameters_of, to_json_value


def require_same_model(forecaster: Forecaster, checkpoint: Checkpoint) -> None:
    """Check that a model has the class and the arguments of a checkpoint from which its training goes on.

    An argument that was added to the class since then must have its default value.

    Raises:
        UserError: naming the first argument that differs.
    """
    now, before = forecaster.record(), checkpoint.model
    if now["class_path"] != before["class_path"]:
        raise _differs(checkpoint, "class_path", before["class_path"], now["class_path"])
    parameters = parameters_of(type(forecaster))
    of_series = len(checkpoint.data["provenance"]) if checkpoint.data else 1
    usual = {"future": [], "series_count": 1, "across": False}  # left out of records, and by older versions
    left_out = {**usual, "columns": [CLOSE], "series_count": of_series}
    held = {name: value for name, value in left_out.items() if name in parameters} | before["init_args"]
    current = {name: value for name, value in usual.items() if name in parameters}
    for name, value in (current | now["init_args"]).items():
        if name in ("optimizer", "scheduler"):
            continue
        if name in held and held[name] != value:
            raise _differs(checkpoint, name, held[name], value)
        if name not in held:
            default = parameters[name].default
            if default is Parameter.empty or to_json_value(default) != value:
                raise _differs(checkpoint, name, "not yet", value)
            _notice(f"model.{name} is new since {checkpoint.path} was written; going on with its default, {default}.")
    for name in held.keys() - parameters.keys():
        raise UserError(
            f"{checkpoint.path}: has model.{name} {held[name]}, and {type(forecaster).__name__} takes no such argument "
            "any more; go on with the same code."
        )


def compare_with_training(checkpoint: Checkpoint, data: CloseDataModule) -> None:
    """Warn where closes differ from those that a checkpoint was trained on.

    Args:
        checkpoint: the checkpoint.
        data: the closes to forecast, set up.

    Raises:
        UserError: if the interval differs, or simulated closes take the place of real ones.
    """
    if checkpoint.data is None:
        return
    before = {record["symbol"]: record for record in checkpoint.data["provenance"]}
    trained_on = ", ".join(before)
    if data.simulated and not any(record["simulated"] for record in before.values()):
        raise UserError(
            f"{checkpoint.path}: was trained on {trained_on}, and the closes at hand are SIMULATED; "
            "name closes to forecast with data.source."
        )
    if data.interval.record != checkpoint.data["interval"]:
        used, known = data.series[0].provenance, next(iter(before.values()))
        raise UserError(
            f"{used.symbol}: the bars are {used.interval} apart, and the checkpoint was trained on bars "
            f"{known['interval']} apart; forecast at the interval it knows."
        )
    if unknown := [series.provenance.symbol for series in data.series if series.provenance.symbol not in before]:
        _notice(f"the checkpoint was trained on {trained_on}, but these closes are {', '.join(unknown)}.")
    for series in data.series:
        known = before.get(series.provenance.symbol)
        if known is not None and _is_revised(series, known):
            until = f"the closes of {series.provenance.symbol} up to {known['last'][:10]}"
            _notice(f"{until} are not those the checkpoint was trained on.")


def _differs(checkpoint: Checkpoint, name: str, before: Any, now: Any) -> UserError:
    return UserError(f"{checkpoint.path}: has model.{name} {before}, and now it is {now}; go on with the same.")


def _is_revised(series: CloseSeries, before: dict[str, Any]) -> bool:
    """Whether a series covers the time of a checkpoint's closes with other values."""
    first, last = pd.Timestamp(before["first"]), pd.Timestamp(before["last"])
    closes, columns = series.closes, series.others
    if closes.index[0] > first or closes.index[-1] < last:
        return False
    held = fingerprint(closes[first:last], None if columns is None else columns[first:last])
    return held != str(before["sha256"])


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=3)
