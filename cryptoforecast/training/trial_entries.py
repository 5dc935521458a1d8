"""The ledger entry of a trial of a search: the fit that it is, entered before it starts."""

from pathlib import Path
from typing import Any

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.evaluation.ledger import append_entry, ledger_of
from cryptoforecast.models import Forecaster
from cryptoforecast.training.fit_entries import fingerprints_of, targets_of, try_to_write, variant_of_settings
from cryptoforecast.user_code.source_files import SourceCode


def enter_trial(
    model: Forecaster, data: CloseDataModule, settings: dict[str, Any], seed: Any, folder: Path, code: SourceCode
) -> bool:
    """Enter a trial of a search that is about to start, as the fit that it is; return whether it could be written.

    Args:
        model: what is fitted.
        data: set up.
        settings: the whole configuration.
        seed: of the fit.
        folder: the trial's, where its results will lie.
        code: what it is written in.
    """
    ledger, variant = ledger_of(folder), variant_of_settings(model, data, settings, code)
    targets = [*targets_of(data, "val"), *targets_of(data, "test")]
    return try_to_write(
        ledger,
        lambda: append_entry(
            ledger, "fit", variant, targets, seeds=[seed], fingerprints=fingerprints_of(data), folder=folder
        ),
    )
