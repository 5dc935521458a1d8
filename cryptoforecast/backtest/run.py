"""``backtest``: walk forward through the closes, fitting from scratch on every fold and with every seed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE_STEP, require_adaptable, with_adaptive
from cryptoforecast.evaluation.metrics import note_quantity
from cryptoforecast.evaluation.notices import warn_of_seen_targets
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.user_baselines import make_baselines, record_of_baselines
from cryptoforecast.evaluation.user_metrics import note
from cryptoforecast.evaluation.walk_forward.ensemble import require_name_not_of_ensemble
from cryptoforecast.evaluation.walk_forward.joined_rows import join_rows
from cryptoforecast.evaluation.walk_forward.result import BacktestResult
from cryptoforecast.evaluation.walk_forward.scores import judge_backtest, skill_of
from cryptoforecast.formatting import format_number
from cryptoforecast.locks import alone_in
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.study.beside import find_beside
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.engine import Engine
from cryptoforecast.study.engines.local import LocalEngine, gpus_seen
from cryptoforecast.study.fit import Fit, fit_of, rows_of
from cryptoforecast.study.folds import WindowKind, cut_backtest
from cryptoforecast.study.queue import carry_out
from cryptoforecast.study.record import begin_or_go_on, record_of
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.ledger_entries import enter_backtest, place_of_backtest
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_code.source_files import copy_source_files, source_code_of
from cryptoforecast.user_folders import expand_home

WINDOWS = ("expanding", "rolling")


def backtest(
    run: Any = None,
    *,
    folds: int,
    seeds: int = 1,
    workers: int = 1,
    window: WindowKind = "expanding",
    output_dir: str | Path | None = None,
    parquet: bool = False,
    ensemble: bool | None = None,
    adaptive: bool = False,
    adaptive_step: float = ADAPTIVE_STEP,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    progress: bool = True,
    source: Any = None,
    model: Any = None,
    seed: int | None = None,
    **options: Any,
) -> BacktestResult:
    """Fit a model anew for each of several test parts, as ``python -m cryptoforecast backtest`` does.

    The closes from ``test_from`` on are cut into consecutive test parts. Each is forecast by models that were fitted on
    the closes before it, in a process of its own; called again after an interruption, the fits that are finished are
    kept. The backtest is entered in the ledger, and its rows and scores are written into its folder.

    Args:
        run: a run, a run folder or a checkpoint, whose configuration is fitted again; or a configuration file, or a
            dictionary of the same form.
        folds: how many test parts.
        seeds: how many fits of each fold, from ``seed`` on.
        workers: how many fits at a time, each with one thread; the result does not depend on it.
        window: train on all closes before a fold's validation part (``expanding``), or on as many as before the
            first fold's (``rolling``).
        output_dir: where all goes; by default ``backtest`` beside the runs.
        parquet: whether to write ``forecasts.parquet`` too, which takes pyarrow.
        ensemble: whether the ensemble of the seeds is judged too, as
            :func:`~cryptoforecast.evaluation.walk_forward.ensemble.ensemble_rows` makes it; by default where there are
            several seeds and the model has a distribution.
        adaptive: whether the model's quantiles are judged once more, adapted from fold to fold; see
            :func:`~cryptoforecast.evaluation.distribution.adaptive.adapted`.
        adaptive_step: how fast they follow what was seen.
        metrics: functions of one model's forecast rows on one series that return a number, or their import paths.
        baselines: classes of models that stand in the tables too, or their import paths: without training, or with a
            ``fit(x, y)``, which is given the training windows of each fold.
        progress: whether to print a line for each fit.
        source: as in :func:`cryptoforecast.fit`.
        model: as there; a class must be importable, so none that is defined in a notebook.
        seed: the first seed.
        options: of the model, the data and the trainer, as there.

    Returns:
        The rows of all folds and seeds, their scores, and what may be claimed.

    Raises:
        UserError: if an option, the data or the folder is not as it should be, or a fit fails.

    >>> result = backtest("runs/btc/version_0", folds=5, seeds=3, workers=2)  # doctest: +SKIP
    >>> result.skill, result.sentence, result.table(), result.rows  # doctest: +SKIP
    """
    with quiet_libraries(), refusals_in_one_sentence():
        start_forkserver()
        call = call_of("fit", configuration_of_run(run), source=source, model=model, seed=seed, **options)
        return walk_forward(
            call.words[1:],
            call.objects,
            folds=folds,
            seeds=seeds,
            workers=workers,
            window=window,
            output_dir=output_dir,
            parquet=parquet,
            ensemble=ensemble,
            adaptive=adaptive,
            adaptive_step=adaptive_step,
            metrics=metrics,
            baselines=baselines,
            progress=progress,
        )


def walk_forward(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    folds: int,
    seeds: int = 1,
    workers: int = 1,
    window: WindowKind = "expanding",
    output_dir: str | Path | None = None,
    parquet: bool = False,
    ensemble: bool | None = None,
    adaptive: bool = False,
    adaptive_step: float = ADAPTIVE_STEP,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    progress: bool = True,
) -> BacktestResult:
    """The backtest of what the options of ``fit`` ask for; its rows and scores are in its folder.

    Args:
        words: the options of ``fit``.
        objects: options of the trainer that no text can stand for.
        folds: as in :func:`backtest`, and so are all others.
        seeds: as there.
        workers: as there.
        window: as there.
        output_dir: as there.
        parquet: as there.
        ensemble: as there.
        adaptive: as there.
        adaptive_step: as there.
        metrics: as there.
        baselines: as there.
        progress: as there.

    Raises:
        UserError: as there.
    """
    _require({"folds": folds, "seeds": seeds, "workers": workers}, window, parquet)
    beside = find_beside(metrics, baselines)
    say: Callable[[str], None] = (lambda line: print(line, flush=True)) if progress else lambda line: None
    made = make_backtest(words, objects)
    if adaptive:
        require_adaptable(type(made.model).__name__, says_distribution(made.model) is not False, adaptive_step)
    if seeds > 1:
        require_name_not_of_ensemble(type(made.model).__name__)
    data, settings, device = made.datamodule, made.settings, type(made.trainer.accelerator).__name__
    dates = cut_backtest(data, folds, window)
    record_of_beside = record_of_baselines(make_baselines(beside.baselines, data))
    folder = (expand_home(str(output_dir)) if output_dir else made.folder).absolute()
    code = source_code_of(made.model, data.source, settings)
    options = {"--folds": folds, "--window": window, "--seeds": seeds, **beside.options}
    record = record_of(options, settings, data, beside.with_code(code), device, dates)
    folder.mkdir(parents=True, exist_ok=True)
    seeds_of_folds = [made.seed + number for number in range(seeds)]
    with alone_in(folder, "another backtest is at work here; set another --output_dir."):
        begin_or_go_on(folder, record)
        flattered_by = warn_of_seen_targets(made.model, data, "test")
        refitted = f"{folds} folds, {window}"
        entry = enter_backtest(made.model, data, settings, seeds_of_folds, folder, code, refitted, flattered_by)
        copy_source_files(beside.code.files, folder)
        fits = [
            fit_of(fold, seed, list(words), data.series, folder, code.hashes, made.text)._replace(
                baselines=beside.baselines
            )
            for fold in dates
            for seed in seeds_of_folds
        ]
        say("\n".join([*describe_data(data), f"folds    {folds}, {window}, seeds {seeds_of_folds}"]))
        _carry_out(fits, LocalEngine(workers, gpus_seen(device)), say)
        rows = join_rows([(fit.seed, read_written_rows(rows_of(fit))) for fit in fits], ensemble)
        rows = with_adaptive(rows, adaptive_step) if adaptive else rows
        note_quantity(rows, data.series[0].quantity)
        if record_of_beside:
            note(rows, "baselines", record_of_beside)
        tries, flattered_by = place_of_backtest(entry, rows, folder, flattered_by)
        verdict = judge_backtest(rows, data.simulated, tries, flattered_by, beside.metrics)
        result = BacktestResult(verdict, rows, folder)
        result.write(parquet)
    return result


def _require(counts: Mapping[str, int], window: str, parquet: bool) -> None:
    for name, count in counts.items():
        if count < 1:
            raise UsageError(f"--{name} is {count}; it must be at least 1.")
    if window not in WINDOWS:
        raise UsageError(f"--window is {window!r}; it is one of {', '.join(WINDOWS)}.")
    if parquet:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise UserError("--parquet takes pyarrow: pip install pyarrow.") from None


def _carry_out(fits: list[Fit], engine: Engine, say: Callable[[str], None]) -> None:
    """Do what is left to do, and say of each fit how it went."""
    left = [fit for fit in fits if not rows_of(fit).exists()]
    done = len(fits) - len(left)
    if done:
        say(f"kept     {done} of {len(fits)} fits, finished before")
    say(f"\n{'fit':>9}{'fold':>6}{'seed':>6}  {'test part':<26}{'skill':>9}{'seconds':>9}")

    def report(fit: Fit, seconds: float) -> None:
        nonlocal done
        done += 1
        part = f"{say_time(fit.fold.test_from)} to {say_time(fit.fold.end)}"
        skill = format_number(skill_of(read_written_rows(rows_of(fit))), "+.4f")
        say(f"{f'{done}/{len(fits)}':>9}{fit.fold.number:>6}{fit.seed:>6}  {part:<26}{skill:>9}{seconds:>9.1f}")

    try:
        carry_out(left, engine, report)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"{done} of {len(fits)} fits are kept; the same command goes on with the others."
        ) from None
