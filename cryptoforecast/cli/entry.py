"""What fit, test and backtest enter in the ledger of all that was tried."""

import hashlib
import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import Trainer
from torch import Tensor

from cryptoforecast.cli.run_folder import folder_of_results, run_folder
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice
from cryptoforecast.ledger import LEDGER, RUNS, Targets, enter, ledger_of, read_ledger
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoint import Checkpoint
from cryptoforecast.spec import to_plain

# What makes another variant of the same model on the same closes.
OF_DATA = ("context_length", "horizon", "columns", "batch_size", "start", "end", "val_from", "test_from")
OF_TRAINING = ("max_epochs", "min_epochs", "max_steps", "max_time", "gradient_clip_val", "gradient_clip_algorithm",
               "accumulate_grad_batches", "limit_train_batches", "precision", "callbacks")  # fmt: skip


def enter_fit(trainer: Trainer, model: Forecaster, data: CloseDataModule, config: Any) -> None:
    """Enter a fit that is about to start: one that is given up counts too.

    Args:
        trainer: whose first logger says where the run's folder is.
        model: what is trained.
        data: set up for ``fit``.
        config: the verb's parsed configuration.
    """
    if not trainer.is_global_zero:
        return
    settings = config.as_dict()
    logger = trainer.loggers[0] if trainer.loggers else None
    _noticing(
        Path(RUNS if logger is None else logger.save_dir or RUNS, LEDGER),
        lambda ledger: enter(
            ledger,
            "fit",
            _variant_of_fit(model, data, settings),
            [*_targets(data, "val"), *_targets(data, "test")],
            seeds=[settings.get("seed_everything")],
            fingerprints=_fingerprints(data),
            folder=run_folder(trainer),
        ),
    )


def enter_test(checkpoint: Checkpoint | None, data: CloseDataModule, folder: Path) -> None:
    """Enter a test that has been judged, as one of the variant that was fitted.

    Args:
        checkpoint: what was tested; None for a model without weights, which costs nothing to try and is not entered.
        data: set up for ``test``.
        folder: where its forecasts and scores were written.
    """
    if checkpoint is None:
        return
    variant = _variant(checkpoint.model, data)
    run = folder_of_results(checkpoint).resolve()
    ledger = ledger_of(run)
    fits = [entry for entry in read_ledger(ledger) if entry["kind"] == "fit"]
    same = [entry for entry in fits if all(entry["variant"].get(name) == variant[name] for name in variant)]
    fitted = [entry for entry in fits if entry["folder"] == str(run)] or same
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    _noticing(
        ledger,
        lambda ledger: enter(
            ledger,
            "test",
            fitted[-1]["variant"] if fitted else variant,
            list(_targets(data, "test")),
            seeds=fitted[-1]["seeds"] if fitted else [None],
            fingerprints=_fingerprints(data),
            folder=folder,
            scores=scores.get("scores", scores.get("by_series")),
            forecasts=hashlib.sha256((folder / "forecasts.csv").read_bytes()).hexdigest(),
            flattered_by=scores.get("flattered_by", ""),
        ),
    )


def enter_backtest(
    model: Forecaster, data: CloseDataModule, settings: dict[str, Any], seeds: Sequence[int], folder: Path
) -> None:
    """Enter a backtest that is about to start, or to go on: gone on with, it is one all the same.

    Args:
        model: what is refitted in every fold.
        data: set up for ``test``; its test windows are those of all folds.
        settings: the whole configuration.
        seeds: of the fits of each fold.
        folder: the backtest's.
    """
    _noticing(
        ledger_of(folder),
        lambda ledger: enter(
            ledger,
            "backtest",
            _variant_of_fit(model, data, settings),
            list(_targets(data, "test")),
            seeds=seeds,
            fingerprints=_fingerprints(data),
            folder=folder,
        ),
    )


def _variant_of_fit(model: Forecaster, data: CloseDataModule, settings: dict[str, Any]) -> dict[str, Any]:
    of_model = settings["model"].get("init_args") or {}
    training = {name: settings["trainer"].get(name) for name in OF_TRAINING}
    training |= {name: of_model.get(name) for name in ("optimizer", "scheduler")}
    if (interval := of_model.get("scheduler_interval")) is not None:  # as entries had it before there was one
        training["scheduler_interval"] = interval
    return {**_variant(model.record(), data), "training": json.loads(json.dumps(training, default=str))}


def _variant(record: dict[str, Any], data: CloseDataModule) -> dict[str, Any]:
    settings = {name: to_plain(getattr(data, name)) for name in OF_DATA}
    return {"model": record, "data": settings | ({"drop_last": True} if data.drop_last else {})}


def _targets(data: CloseDataModule, split: Literal["val", "test"]) -> list[Targets]:
    members: Tensor = getattr(data.fold, split)
    found = zip(data.windows.names, data.windows.by_series(members), strict=True)
    return [
        Targets(name, split, data.first_target_time(own), data.last_target_time(own), len(own) * data.horizon)
        for name, own in found
        if len(own)
    ]


def _fingerprints(data: CloseDataModule) -> dict[str, str]:
    return {str(one.closes.name): one.provenance.sha256 for one in data.series}


def _noticing(ledger: Path, write: Callable[[Path], object]) -> None:
    """Go on without an entry where none can be written, as in a folder of somebody else's; and say so."""
    try:
        write(ledger)
    except OSError as problem:
        warnings.warn(f"{ledger}: cannot be written ({problem.strerror}); this is not counted.", DataNotice, 2)
