"""The ledger entry of a fit: its variant, seed and targets; also for a fit with a plain ``Trainer``."""

import glob
import hashlib
import json
import os
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.pytorch import LightningModule, Trainer

from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.evaluation.ledger import LEDGER, RUNS, Targets, append_entry, ledger_above
from cryptoforecast.models.checkpoints.provenance import code_of_fit, keep_code_of_fit
from cryptoforecast.recipe.write import argument_names, class_path, recipe_of, to_json_value
from cryptoforecast.user_code.source_files import SourceCode, copy_source_files, source_code_of

# Settings whose change makes another variant of the same model on the same closes.
OF_DATA = ("context_length", "horizon", "columns", "batch_size", "start", "end", "val_from", "test_from",
           "drop_last")  # fmt: skip
OF_TRAINING = ("max_epochs", "min_epochs", "max_steps", "max_time", "gradient_clip_val", "gradient_clip_algorithm",
               "accumulate_grad_batches", "limit_train_batches", "precision", "callbacks")  # fmt: skip
OF_PLACE = ("path", "folder", "symbol", "session", "refresh")  # arguments of a source that name a location

_counting: ContextVar[bool] = ContextVar("counting", default=True)


@contextmanager
def without_ledger() -> Iterator[None]:
    """A context in which no fit is entered in the ledger, for fits whose forecasts nobody sees."""
    before = _counting.set(False)
    try:
        yield
    finally:
        _counting.reset(before)


def count_fit(trainer: Trainer) -> None:
    """Enter a fit that is about to start, unless it is entered already; called for each fit, also from Python.

    Two fits of a variant differ if their initial weights or torch's seed differ.

    Args:
        trainer: its logger, or ``default_root_dir``, says where the ledger is; else it is in ``./runs``.
    """
    data, model = datamodule_of(trainer), trainer.lightning_module
    if data is None or code_of_fit(trainer) is not None or trainer.fast_dev_run or not _counting.get():  # type: ignore[attr-defined]
        return
    code = mark_as_counted(trainer, model, data, *trainer.callbacks)  # type: ignore[attr-defined]
    if not trainer.is_global_zero:
        return
    mark = hashlib.sha256(f"{weights_digest(model)} {torch.initial_seed()}".encode()).hexdigest()[:16]
    variant = variant_of(_record_of(model), data, _training_of(trainer), code)
    logged = trainer.loggers[0].log_dir if trainer.loggers else None
    enter_fit_of(trainer, variant, data, f"weights {mark}", code, None if logged is None else Path(logged))


def mark_as_counted(trainer: Trainer, *values: Any) -> SourceCode:
    """Mark a trainer's fit as entered in the ledger, and keep the hashes of its code for its checkpoints."""
    optimization = [getattr(values[0], name, None) for name in ("scaling", "output_head", "_optimizer", "_scheduler")]
    of_data = [[value.source, type(value)] for value in values if isinstance(value, CloseDataModule)]
    parts = [value for value in values if not isinstance(value, CloseDataModule)]
    code = source_code_of(*parts, of_data, *optimization)
    keep_code_of_fit(trainer, code)
    return code


def enter_fit_of(
    trainer: Trainer,
    variant: Mapping[str, Any],
    data: CloseDataModule,
    seed: Any,
    code: SourceCode,
    folder: Path | None,
) -> bool:
    """Enter a fit, and keep a copy of its code in the folder of its run.

    Args:
        trainer: its first logger, or ``default_root_dir``, says where the ledger is; else it is in ``./runs``.
        variant: as :func:`variant_of` has it.
        data: set up for ``fit``.
        seed: of the weights; False or None if there is none, so that each fit is a separate try.
        code: what it is written in.
        folder: the run's; None where nothing is logged.

    Returns:
        Whether it could be written.
    """
    logger = trainer.loggers[0] if trainer.loggers else None
    place = Path((logger.save_dir if logger else None) or trainer.default_root_dir)
    above_us = place.resolve() in (Path.cwd(), *Path.cwd().parents)  # a ledger up there would be everybody's
    ledger = ledger_above(place) or (Path(RUNS) if above_us else place) / LEDGER
    seeds = [seed_or_mark(seed)]

    def write() -> None:
        targets = [*targets_of(data, "val"), *targets_of(data, "test")]
        append_entry(ledger, "fit", variant, targets, seeds=seeds, fingerprints=fingerprints_of(data), folder=folder)
        if folder is not None:
            copy_source_files(code.files, folder)

    return try_to_write(ledger, write)


def try_to_write(ledger: Path, write: Callable[[], object]) -> bool:
    """Write an entry, or give a notice if it cannot be written; return whether it was written."""
    try:
        write()
    except OSError as problem:
        warnings.warn(f"{ledger}: cannot be written ({problem.strerror}); this is not counted.", DataNotice, 2)
        return False
    return True


def seed_or_mark(seed: Any) -> int | str:
    """A seed as the ledger holds it; without one, a unique mark."""
    return seed if isinstance(seed, int | str) and not isinstance(seed, bool) else f"unseeded {uuid.uuid4().hex[:16]}"


def variant_of(
    record: Mapping[str, Any], data: CloseDataModule, training: Mapping[str, Any] | None, code: SourceCode
) -> dict[str, Any]:
    """What is tried: a model's class and arguments, what it sees, how it is trained and what it is written in.

    Of a source, its class and its arguments count, but for those that say where the closes lie: a file that was moved
    or has grown by a day is the same variant. Which series there are counts by their names.
    """
    seen = {name: to_json_value(getattr(data, name)) for name in OF_DATA}
    seen |= {"future": list(data.future)} if data.future else {}  # older entries have none
    seen |= _of_subclass(data)
    names = sorted(str(series.closes.name) for series in data.series)
    trained = {} if training is None else {"training": json.loads(json.dumps(training, default=str))}
    of_data = {**seen, "source": _source_of(data.source), "series": names}
    return {"model": dict(record), "data": of_data, "code": code.hashes, **trained}


def variant_of_settings(
    model: Any, data: CloseDataModule, settings: dict[str, Any], code: SourceCode
) -> dict[str, Any]:
    """What a configuration tries; see :func:`variant_of`.

    Args:
        model: the forecaster.
        data: set up.
        settings: the whole configuration.
        code: what it is written in.
    """
    of_model = settings["model"].get("init_args") or {}
    training = {name: settings["trainer"].get(name) for name in OF_TRAINING}
    training |= {name: of_model.get(name) for name in ("optimizer", "scheduler", "scheduler_interval")}
    return variant_of(model.record(), data, training, code)


def _of_subclass(data: CloseDataModule) -> dict[str, Any]:
    """The class of a subclass of :class:`CloseDataModule`, and the values of the arguments that it adds."""
    if type(data) is CloseDataModule:
        return {}
    recipe, shared = recipe_of(data), argument_names(CloseDataModule)
    added = {name: value for name, value in recipe["init_args"].items() if name not in shared}
    return {"class_path": recipe["class_path"], **_without_places(added)}


def targets_of(data: CloseDataModule, split: Literal["val", "test"]) -> list[Targets]:
    """The closes that are forecast, series by series."""
    found = zip(data.windows.names, data.windows.by_series(getattr(data.fold, split)), strict=True)
    return [
        Targets(
            name, split, data.first_target_time(windows), data.last_target_time(windows), len(windows) * data.horizon
        )
        for name, windows in found
        if len(windows)
    ]


def fingerprints_of(data: CloseDataModule) -> dict[str, str]:
    """The SHA-256 of each series' canonical rows."""
    return {str(series.closes.name): series.provenance.sha256 for series in data.series}


def weights_digest(model: LightningModule) -> str:
    """A hash of a model's state: the same weights have the same."""
    digest = hashlib.sha256()
    for part in _bytes_of(model.state_dict()):
        digest.update(part)
    return digest.hexdigest()


def _bytes_of(value: Any) -> Iterator[bytes]:
    """The bytes of a state: of tensors, and of lists and dictionaries of them."""
    if isinstance(value, torch.Tensor):
        yield value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name).encode()
            yield from _bytes_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _bytes_of(item)
    else:
        yield repr(value).encode()


def _record_of(model: LightningModule) -> dict[str, Any]:
    """A forecaster's record; of another module its class path and the arguments it has saved."""
    if hasattr(model, "record"):
        return dict(model.record())  # type: ignore[operator]
    return {"class_path": class_path(type(model)), "init_args": {name: str(x) for name, x in model.hparams.items()}}


def _training_of(trainer: Trainer) -> dict[str, Any]:
    """How a trainer trains, as far as another setting of it would make another variant."""
    named = {name: getattr(trainer, name, None) for name in OF_TRAINING if name != "callbacks"}
    optimizers = [[class_path(type(optimizer)), optimizer.defaults] for optimizer in trainer.optimizers]
    schedulers = [
        [class_path(type(config.scheduler)), config.scheduler.state_dict()]
        for config in getattr(trainer, "lr_scheduler_configs", [])
    ]
    callbacks = [callback.state_key for callback in trainer.callbacks]  # type: ignore[attr-defined]
    return {**named, "callbacks": callbacks, "optimizers": optimizers, "schedulers": schedulers}


def _source_of(source: Any) -> Any:
    try:
        return _without_places(to_json_value(source))
    except UserError:  # it does not keep its arguments
        return class_path(type(source))


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_places(inner) for name, inner in value.items() if name not in OF_PLACE}
    if isinstance(value, list):
        return [_without_places(inner) for inner in value]
    if not isinstance(value, str):
        return value
    names_a_file = (os.sep in value or "." in value) and Path(value).expanduser().exists()
    return "a file" if names_a_file or glob.has_magic(value) or Path(value).is_absolute() else value
