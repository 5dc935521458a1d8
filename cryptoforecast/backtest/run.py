"""``backtest``: walk forward through the closes, fitting from scratch on every fold and with every seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE_STEP
from cryptoforecast.evaluation.walk_forward.result import BacktestResult
from cryptoforecast.locks import alone_in
from cryptoforecast.study.beside import find_beside
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import LOCAL, EngineOptions, make_engine
from cryptoforecast.study.folds import WindowKind
from cryptoforecast.study.progress import Progress, say_at_once, say_nothing
from cryptoforecast.study.queue import carry_out
from cryptoforecast.study.tune.nested import check_search, search_folds
from cryptoforecast.study.tune.searching import Search, make_search
from cryptoforecast.study.walk import Walk, WalkOptions
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home


def backtest(
    run: Any = None,
    *,
    folds: int,
    seeds: int = 1,
    workers: int | None = None,
    window: WindowKind = "expanding",
    output_dir: str | Path | None = None,
    parquet: bool = False,
    ensemble: bool | None = None,
    adaptive: bool = False,
    adaptive_step: float = ADAPTIVE_STEP,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    tune: str | Path | Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "tpe",
    pruner: str = "none",
    objective: str | None = None,
    progress: bool = True,
    engine: str = LOCAL,
    address: str | None = None,
    num_cpus: float | None = None,
    num_gpus: float | None = None,
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
        workers: how many fits at a time, each with one thread; by default one, and on a cluster as many as it has room
            for. The result does not depend on it.
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
        tune: a file or a dictionary that says what is searched inside each fold, by its own validation part alone; see
            :func:`cryptoforecast.tune`. Each fold is then fitted with what was found best in it.
        trials: how many trials each of these searches has.
        sampler: of these searches, and so are ``pruner`` and ``objective``, as in :func:`cryptoforecast.tune`.
        pruner: as there.
        objective: as there.
        progress: whether to print a line for each fit.
        engine: ``local`` for processes of this machine, or ``ray`` for tasks of a Ray cluster; the result does not
            depend on it.
        address: of the cluster: ``HOST:PORT``, or ``auto`` for the one that this machine belongs to, as by default.
        num_cpus: CPUs that Ray keeps free for a fit; by default one.
        num_gpus: GPUs that Ray keeps free for a fit, such as 0.25 for four fits on each; by default none.
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
            tune=tune,
            trials=trials,
            sampler=sampler,
            pruner=pruner,
            objective=objective,
            progress=progress,
            engine=engine,
            address=address,
            num_cpus=num_cpus,
            num_gpus=num_gpus,
        )


def walk_forward(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    output_dir: str | Path | None = None,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    tune: str | Path | Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "tpe",
    pruner: str = "none",
    objective: str | None = None,
    progress: bool = True,
    **how: Any,
) -> BacktestResult:
    """The backtest of what the options of ``fit`` ask for; its rows and scores are in its folder.

    Args:
        words: the options of ``fit``.
        objects: options of the trainer that no text can stand for.
        output_dir: as in :func:`backtest`, and so are all others.
        metrics: as there.
        baselines: as there.
        tune: as there.
        trials: as there.
        sampler: as there.
        pruner: as there.
        objective: as there.
        progress: as there.
        how: what :class:`~cryptoforecast.study.walk.WalkOptions` and
            :class:`~cryptoforecast.study.engines.choose.EngineOptions` hold.

    Raises:
        UserError: as there.
    """
    engine, options = EngineOptions.taken_from(how), WalkOptions(**how)
    options.check()
    beside, say = find_beside(metrics, baselines), say_at_once if progress else say_nothing
    made = make_backtest(words, objects)
    folder = (expand_home(str(output_dir)) if output_dir else made.folder).absolute()
    search = _search_of(tune, trials, sampler=sampler, pruner=pruner, objective=objective)
    searched = {} if search is None else {**search.options, "trials": trials}
    walk = Walk(made, words, folder, options, beside, searched={f"--tune.{name}": x for name, x in searched.items()})
    if search is not None:
        check_search(walk, words, search, engine)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, "another backtest is at work here; set another --output_dir."):
        walk.begin()
        folds = f"folds    {options.folds}, {options.window}, seeds {walk.seeds}"
        say("\n".join([*describe_data(made.datamodule), folds]))
        if search is not None:
            search_folds(walk, words, search, engine, say)
        with Progress(walk.fits, say) as shown:
            accelerator = type(made.trainer.accelerator).__name__
            failed = carry_out(shown.left, make_engine(engine, made.loaded, accelerator), shown)
        if failed:
            further = f" {len(failed) - 1} further fits failed." if len(failed) > 1 else ""
            raise UserError(f"{failed[0].fit}: {failed[0].failure}{further}")
        return walk.finish()


def _search_of(tune: Any, trials: int | None, **ways: Any) -> Search | None:
    """The search inside each fold; None where there is none."""
    if (tune is None) != (trials is None):
        raise UsageError("--tune FILE and --trials N go together: what is searched inside each fold, and how often.")
    if tune is None and ways != {name: Search._field_defaults[name] for name in ways}:
        raise UsageError("--sampler, --pruner and --objective belong to a search; add --tune FILE and --trials N.")
    return None if tune is None or trials is None else make_search(tune, trials, **ways)
