"""Entries of fit, test and backtest in the ledger of all tries, and which try a test is."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from lightning.pytorch import Trainer

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.ledger import append_entry, ledger_of, ledgers_near, read_ledger
from cryptoforecast.evaluation.tries import Place, extents_of, is_of_baseline, place_of
from cryptoforecast.evaluation.verdict_record import scores_of_rows
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.compare import compare_with_training
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.checkpoints.prior_training import Split
from cryptoforecast.training.fit_entries import (
    enter_fit_of,
    fingerprints_of,
    targets_of,
    try_to_write,
    variant_of,
    variant_of_settings,
    weights_digest,
)
from cryptoforecast.training.run_folder import folder_of_results, run_folder
from cryptoforecast.user_code.source_files import (
    SourceCode,
    changed_files,
    copy_source_files,
    say_changed,
    source_code_of,
)

NOT_COUNTED = "the ledger cannot be written, so this try is not counted"


def enter_fit(
    trainer: Trainer,
    model: Forecaster,
    data: CloseDataModule,
    config: Any,
    checkpoint: Checkpoint | None,
    code: SourceCode,
) -> None:
    """Enter a fit that is about to start, so that one that is given up counts too.

    Args:
        trainer: its first logger determines the run's folder and the ledger.
        model: what is trained.
        data: set up for ``fit``.
        config: the verb's parsed configuration.
        checkpoint: from which it resumes.
        code: what it is written in.
    """
    if not trainer.is_global_zero:
        return
    settings = config.as_dict()
    seed = settings.get("seed_everything")
    if checkpoint is not None and (seed is None or isinstance(seed, bool)):
        fits = _fits_of(checkpoint, read_ledger(ledger_of(folder_of_results(checkpoint).resolve())))
        seed = fits[-1]["seeds"][0] if fits else seed
    enter_fit_of(trainer, variant_of_settings(model, data, settings, code), data, seed, code, run_folder(trainer))


def enter_test(
    checkpoint: Checkpoint | None, model: Forecaster, data: CloseDataModule, rows: pd.DataFrame, split: Split,
    folder: Path, flattered_by: str,
) -> tuple[Place | None, str]:  # fmt: skip
    """Enter a test of a fitted variant, before its scores are shown.

    Args:
        checkpoint: what is tested; None for a model without weights.
        model: that model.
        data: set up for ``test``.
        rows: the forecasts.
        split: of what targets; on those of validation nothing is claimed, and nothing is entered.
        folder: where they will be written.
        flattered_by: why nothing may be claimed on these targets; empty if it may.

    Returns:
        Which of all tries on these targets this is, None of a baseline; and why nothing may be claimed.
    """
    if split != "test":
        return None, flattered_by
    code = _code_of(model, data)
    variant = variant_of(model.record(), data, None, code)
    home = folder.resolve() if checkpoint is None else folder_of_results(checkpoint).resolve()
    ledger = ledger_of(home)
    fits = [] if checkpoint is None else _fits_of(checkpoint, read_ledger(ledger), variant)
    seeds = fits[-1]["seeds"] if fits else [f"weights {weights_digest(model)[:16]}"]
    if fits:
        same_code = checkpoint is None or _is_same_code(checkpoint, fits[-1], code)
        variant = fits[-1]["variant"] | ({} if same_code else {"code": code.hashes})
    by_series = scores_of_rows(rows)
    entry: dict[str, Any] = {"variant": variant}
    if is_of_baseline(entry) and checkpoint is None:  # it costs nothing to try
        return None, flattered_by

    def write() -> None:
        nonlocal entry
        entry = append_entry(
            ledger,
            "test",
            variant,
            targets_of(data, "test"),
            seeds=seeds,
            judged=_judged(model, data),
            fingerprints=fingerprints_of(data),
            folder=folder,
            scores=next(iter(by_series.values())) if len(by_series) == 1 else by_series,
            forecasts=hashlib.sha256((to_csv(rows) or "").encode()).hexdigest(),
            flattered_by=flattered_by,
        )

    if not try_to_write(ledger, write):
        return None, flattered_by or NOT_COUNTED
    return _place(entry, [ledger, home / "forecasts.csv"], rows), flattered_by


def enter_backtest(
    model: Forecaster, data: CloseDataModule, settings: dict[str, Any], seeds: Sequence[int], folder: Path,
    code: SourceCode, refitted: str, flattered_by: str = "",
) -> dict[str, Any] | None:  # fmt: skip
    """Enter a backtest that is about to start or to be continued; continued, it is the same try.

    Args:
        model: what is refitted in every fold.
        data: set up for ``test``; its test windows are those of all folds.
        settings: the whole configuration.
        seeds: of the fits of each fold.
        folder: the backtest's, where copies of the code are kept too.
        code: what it is written in.
        refitted: how the folds are cut, such as ``5 folds, rolling``.
        flattered_by: why nothing may be claimed on these targets; empty if it may.

    Returns:
        The entry; None if it could not be written.
    """
    entry: dict[str, Any] = {}

    def write() -> None:
        nonlocal entry
        copy_source_files(code.files, folder)
        entry = append_entry(
            ledger_of(folder),
            "backtest",
            variant_of_settings(model, data, settings, code),
            targets_of(data, "test"),
            seeds=seeds,
            refitted=refitted,
            flattered_by=flattered_by,
            fingerprints=fingerprints_of(data),
            folder=folder,
        )

    return entry if try_to_write(ledger_of(folder), write) else None


def place_of_backtest(
    entry: dict[str, Any] | None, rows: pd.DataFrame, folder: Path, flattered_by: str
) -> tuple[Place | None, str]:
    """Which of all tries a backtest is, and why nothing may be claimed of it; as :func:`enter_test` has it."""
    if entry is None:
        return None, flattered_by or NOT_COUNTED
    return _place(entry, [folder / "forecasts.csv"], rows), flattered_by


def compare_with_fit(
    checkpoint: Checkpoint,
    model: Forecaster,
    data: CloseDataModule,
    what: str = "this is not what was fitted, and a test of it counts as another try.",
) -> None:
    """Give a notice if closes or code are not those that a checkpoint was fitted with.

    Args:
        checkpoint: what was fitted.
        model: made again from it.
        data: set up; what it is to forecast now.
        what: what it means that code has changed.

    Raises:
        UserError: if the bars are not as far apart as those it was trained on.
    """
    compare_with_training(checkpoint, data)
    if checkpoint.code is None:  # of a version that did not keep it
        return
    files = changed_files(checkpoint.code, _code_of(model, data).hashes)
    if files:
        warnings.warn(f"{say_changed(files)} the fit; {what}", DataNotice, stacklevel=3)


def _code_of(model: Forecaster, data: CloseDataModule) -> SourceCode:
    return source_code_of(model, model.scaling, model.output_head, data.source, type(data))


def _is_same_code(checkpoint: Checkpoint, fit: Mapping[str, Any], code: SourceCode) -> bool:
    """Whether a model's code is the same as when it was fitted."""
    before = checkpoint.code if checkpoint.code is not None else fit["variant"].get("code")
    return before is None or not changed_files(before, code.hashes)


def _place(entry: dict[str, Any], paths: Sequence[Path], rows: pd.DataFrame) -> Place | None:
    if is_of_baseline(entry):
        return None
    return place_of(entry, [line for ledger in ledgers_near(paths) for line in read_ledger(ledger)], extents_of(rows))


def _fits_of(
    checkpoint: Checkpoint, entries: Sequence[dict[str, Any]], variant: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The fits that may have written a checkpoint: those of its run, else those of the same model on the same data."""
    fits, run = [entry for entry in entries if entry["kind"] == "fit"], str(folder_of_results(checkpoint).resolve())
    of_run = [fit for fit in fits if fit["folder"] == run]
    alike = [fit for fit in fits if variant and all(fit["variant"].get(n) == variant[n] for n in ("model", "data"))]
    return of_run or alike


def _judged(model: Forecaster, data: CloseDataModule) -> str:
    """A hash of the weights that are scored, and of the settings of the data, which include the borders."""
    seen = variant_of(model.record(), data, None, SourceCode({}, {}))["data"]
    return hashlib.sha256(f"{weights_digest(model)} {seen}".encode()).hexdigest()[:16]
