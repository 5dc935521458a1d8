"""``compare``: many runs on the targets they have in common. It loads neither torch nor Lightning."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.comparison.alignment import (
    FILE,
    Aligned,
    NoForecasts,
    RunRows,
    align,
    read_run,
)
from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.comparison.measures import SQUARED, is_baseline, measure_of, with_baselines_named
from cryptoforecast.evaluation.comparison.metrics_of_runs import metrics_of
from cryptoforecast.evaluation.comparison.result import ComparisonResult
from cryptoforecast.evaluation.comparison.seeds import Seeds, join_seeds, with_names
from cryptoforecast.evaluation.comparison.superiority import REPETITIONS
from cryptoforecast.evaluation.ledger import ledgers_near, read_ledger
from cryptoforecast.evaluation.rows import COLUMNS, SEED, rows_by_model, to_csv
from cryptoforecast.evaluation.tries import Given, Tried, count_tried
from cryptoforecast.evaluation.user_metrics import USERS
from cryptoforecast.formatting import join_names


def compare(
    *runs: Any,
    tried: Tried | None = None,
    chosen_on: bool | None = None,
    simulated: bool | None = None,
    flattered_by: str | None = None,
    output_dir: str | Path | None = None,
    repetitions: int = REPETITIONS,
    by: str = SQUARED.name,
    metrics: Sequence[Any] | None = None,
    seeds: Seeds = "each",
    names: Sequence[str] | None = None,
) -> ComparisonResult:
    """Rank models, and claim that one beats the random walk only where the best of so many would not do so by luck.

    What is claimed is about the best of those given that are no baselines, after all that the ledgers near the runs,
    and in the working folder, know to have been tried on these targets.

    Args:
        runs: runs that were tested, backtests, their folders, checkpoints in them, files of forecast rows of any tool,
            or frames of such rows.
        tried: how many variants were tried on these targets; by default those that the ledgers know.
        chosen_on: whether these are validation targets; by default what the runs say.
        simulated: whether nobody ever traded at these prices; by default what the runs say.
        flattered_by: why nothing may be claimed on these targets, in words that go on "…, but"; by default what the
            runs say; empty if it may.
        output_dir: a folder for ``comparison.json`` and ``comparison.html``; by default nothing is written.
        repetitions: how often the bootstraps draw.
        by: ``rmse``; ``crps``, which ranks distributions and claims which rung of the ladder the best one beats; or
            ``qlike``, which ranks forecasts of volatility and claims which of its baselines the best one beats.
        metrics: functions of one model's rows on one series that return a number, or their import paths; by default
            those of the runs. All are computed anew, on the common targets.
        seeds: ``each`` for a line of its own for each seed of a backtest; ``mean`` for one line of all, whose loss at
            each target is the mean of the seeds' losses, with the spread of their skill.
        names: for each run the name that its model stands under; by default its class.

    Returns:
        The leaderboards and the claim.

    Raises:
        UserError: if there are no such runs, one has no forecasts, or they cannot be compared.

    >>> from cryptoforecast import Drift, Mean, SimulatedSource, CloseDataModule, forecast_rows
    >>> data = CloseDataModule(SimulatedSource(rows=200), context_length=20)
    >>> drift, mean = (forecast_rows(model(context_length=20), data, "test") for model in (Drift, Mean))
    >>> compare(drift, mean, repetitions=100).table()["model"].tolist()
    ['RandomWalk', 'Drift', 'Mean']
    """
    if len(runs) > 1 and (runs[1] is None or isinstance(runs[1], Tried)):
        warnings.warn("compare(rows, tried) is compare(rows, tried=tried) now.", DeprecationWarning, stacklevel=2)
        runs, tried = runs[:1], runs[1]
    measure_of(by)
    if seeds not in get_args(Seeds):
        raise UsageError(f"seeds is {seeds!r}; it is one of {', '.join(get_args(Seeds))}.")
    known = _read_runs(runs)
    aligned = align(known if names is None else with_names(known, names))
    entries = [entry for ledger in ledgers_near([run.path for run in known]) for entry in read_ledger(ledger)]
    comparison = compare_rows(
        aligned.rows,
        tried or _tried(aligned, known, entries),
        chosen_on=any(run.split == "val" for run in known) if chosen_on is None else chosen_on,
        simulated=any(run.simulated for run in known) if simulated is None else simulated,
        flattered_by=_seen(known, aligned.labels, entries) if flattered_by is None else flattered_by,
        repetitions=repetitions,
        by=by,
        metrics=metrics_of(known, metrics),
        seeds=seeds,
    )
    if seeds == "mean":
        aligned = aligned._replace(rows=join_seeds(aligned.rows))
    result = ComparisonResult(comparison, aligned, known)
    if output_dir is not None:
        result.write(output_dir)
    return result


def _read_runs(given: Sequence[Any]) -> list[RunRows]:
    """The runs that have forecasts; those of many that have none, as a pattern may find them, are named and skipped."""
    if not given:
        raise UsageError("compare takes at least one run.")
    runs, without = list[RunRows](), list[str]()
    for number, run in enumerate(given):
        try:
            runs.append(_read_run(run, number))
        except NoForecasts:
            if len(given) == 1:
                raise
            without.append(str(getattr(run, "folder", run)))
    remedy = "test --ckpt_path writes one into a run folder."
    if not runs:
        raise UserError(f"none of these {len(given)} folders holds {FILE}: {join_names(without)}; {remedy}")
    if without:
        notice = f"skipped, for they hold no {FILE}: {join_names(without)}; {remedy}"
        warnings.warn(notice, DataNotice, stacklevel=3)
    paths = [run.path.resolve() for run in runs]
    if repeated := [path for at, path in enumerate(paths) if path in paths[:at]]:
        raise UsageError(f"{runs[paths.index(repeated[0])].path} is given twice.")
    return runs


def _read_run(run: Any, number: int) -> RunRows:
    """The rows of one run; of a frame, whose name is its place among those given, what its ``attrs`` tell."""
    if isinstance(run, str | Path):
        return read_run(_folder_of_checkpoint(Path(run)) if str(run).endswith(".ckpt") else run)
    folder = getattr(run, "folder", None)
    if folder is not None:
        return read_run(folder)
    rows = run if isinstance(run, pd.DataFrame) else getattr(run, "rows", None)
    if not isinstance(rows, pd.DataFrame):
        raise UsageError(f"compare takes runs, folders, files and frames of forecast rows, not a {type(run).__name__}.")
    name = f"frame {number + 1}"
    table = rows_by_model(rows if SEED in rows else with_random_walk(rows), name)
    written = to_csv(rows) if set(COLUMNS) <= set(rows) else ""
    sha256 = hashlib.sha256((written or "").encode()).hexdigest()
    simulated = bool(rows.attrs.get("simulated")) or bool(table["series"].str.contains("SIMULATED").any())
    judged = rows.attrs.get(USERS, {})
    table = with_baselines_named(table, judged)
    return RunRows(Path(name), table, rows.attrs.get("split"), simulated, sha256, judged=judged)


def _folder_of_checkpoint(checkpoint: Path) -> Path:
    """The nearest folder above a checkpoint that holds forecasts, or a run's configuration."""
    names = (FILE, "config.yaml")
    return next((above for above in checkpoint.parents if any((above / n).is_file() for n in names)), checkpoint)


def _seen(runs: Sequence[RunRows], labels: Sequence[str], entries: Sequence[dict[str, Any]]) -> str:
    """Which run's model has been trained on its targets, in words; a file that was copied is known by its content."""
    noted = {entry["forecasts"]: entry.get("flattered_by", "") for entry in entries if entry.get("forecasts")}
    told = [(label, run.flattered_by or noted.get(run.sha256, "")) for label, run in zip(labels, runs, strict=True)]
    return "; and ".join(f"of {label}, {flattered_by}" for label, flattered_by in told if flattered_by)


def _tried(aligned: Aligned, runs: Sequence[RunRows], entries: Sequence[dict[str, Any]]) -> Tried:
    """How many variants the ledgers near these runs know of, on these targets."""
    extents = {str(series): (times.min(), times.max()) for series, times in aligned.rows.groupby("series")["timestamp"]}
    counts = [sum(not is_baseline(model) for model in models) for models in aligned.of_run]
    given = [Given(run.sha256, str(run.path.resolve().parent), n) for run, n in zip(runs, counts, strict=True)]
    return count_tried(entries, extents, given)
