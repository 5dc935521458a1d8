"""A fit as a value: what to fit, of which fold or trial, and where its files lie before and after it is finished."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.data.series import CloseSeries, fingerprint
from cryptoforecast.study.folds import FoldDates, closes_of_fold
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST

# What a finished fit's folder holds, beside what fit leaves.
ROWS, VALIDATION, LOG, SECONDS = "forecasts.csv", "validation.csv", "log.txt", "seconds.txt"
UNFINISHED = "unfinished"  # the folder of fits that are being carried out
FOLDS, TRIALS = "folds", "trials"  # the folders of those that are finished


class Fit(NamedTuple):
    """What to fit, and where.

    ``words`` are the options of ``fit`` for all folds, ``settings`` all of them as text; ``sha256`` are the
    fingerprints of the closes within the fold's reach, series by series; ``folder`` is what this fit alone fills;
    ``code`` are the hashes of the files that the model is written in, None where they may change; ``baselines`` are the
    user's, by ``class_path`` and ``init_args``; ``variant`` is the name of what is fitted, in a study; ``parsed`` is
    what came of parsing ``words``, None where each process is to parse them itself. A trial of a search has no fold,
    but the borders of its configuration, and an ``objective``, the curve that the search follows.
    """

    fold: FoldDates | None
    seed: int
    words: list[str]
    sha256: list[str]
    folder: Path
    code: dict[str, str] | None = None
    settings: str = ""
    baselines: Sequence[dict[str, Any]] = ()
    variant: str = ""
    parsed: bytes | None = None
    objective: str = ""

    def __str__(self) -> str:
        """How messages name the fit."""
        if self.fold is None:
            return self.variant
        return f"{f'{self.variant}: ' if self.variant else ''}fold {self.fold.number}, seed {self.seed}"


def fit_of(
    fold: FoldDates,
    seed: int,
    words: list[str],
    series: list[CloseSeries],
    folder: Path,
    code: dict[str, str] | None = None,
    settings: str = "",
) -> Fit:
    """What a fold's fit with a seed is to do.

    Args:
        fold: the dates.
        seed: the seed.
        words: the options of ``fit``.
        series: all closes of the backtest.
        folder: the backtest's.
        code: the hashes of what it is written in, by file; None if that may change.
        settings: all options of ``fit`` as text.
    """
    sha256 = [fingerprint(*closes_of_fold(fold, closes)) for closes in series]
    return Fit(fold, seed, words, sha256, folder / UNFINISHED / f"fold_{fold.number}_seed_{seed}", code, settings)


def last_checkpoint(fit: Fit) -> Path:
    """The checkpoint that an interrupted fit goes on from."""
    return fit.folder / CHECKPOINTS / f"{LAST}.ckpt"


def log_of(fit: Fit) -> Path:
    """The file that takes the output of a fit while it is being carried out."""
    return fit.folder.with_suffix(".log")


def finished(fit: Fit) -> Path:
    """The folder of a fit when it is finished; there is none before."""
    return fit.folder.parent.parent / (TRIALS if fit.fold is None else FOLDS) / fit.folder.name


def rows_of(fit: Fit) -> Path:
    """The file with a finished fit's forecast rows: of the test part of a fold, of the validation part of a trial."""
    return finished(fit) / (VALIDATION if fit.fold is None else ROWS)


def seconds_of(fit: Fit) -> float | None:
    """How many seconds a finished fit took, without what it took before an interruption; None where it is not known."""
    file = finished(fit) / SECONDS
    return float(file.read_text(encoding="utf-8")) if file.is_file() else None
