"""``study``: walk forward with many variants through the same closes, and compare them all."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptoforecast.data.sources.loaded_once import loaded_once
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.comparison.compare import compare
from cryptoforecast.evaluation.walk_forward.result import BacktestResult
from cryptoforecast.locks import alone_in
from cryptoforecast.study.beside import Beside, find_beside
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import LOCAL, EngineOptions, make_engine
from cryptoforecast.study.engines.engine import Ended
from cryptoforecast.study.fit import seconds_of
from cryptoforecast.study.folds import WindowKind
from cryptoforecast.study.progress import Progress, say_at_once, say_nothing
from cryptoforecast.study.queue import carry_out
from cryptoforecast.study.result import Cost, StudyResult
from cryptoforecast.study.variants import StudyPlan, read_plan
from cryptoforecast.study.walk import Walk, WalkOptions
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.configuration import CONFIG
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home


def study(
    run: Any = None,
    *,
    variants: Sequence[Any] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    folds: int | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    window: WindowKind | None = None,
    by: str = "rmse",
    output_dir: str | Path | None = None,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    progress: bool = True,
    engine: str = LOCAL,
    address: str | None = None,
    num_cpus: float | None = None,
    num_gpus: float | None = None,
    source: Any = None,
    model: Any = None,
    seed: int | None = None,
    **options: Any,
) -> StudyResult:
    """Backtest many variants on the same targets, and compare them, as ``python -m cryptoforecast study`` does.

    All fits, of every variant, fold and seed, stand in one queue. Called again after an interruption, those that are
    finished are kept, and the others go on to the same bits; variants may be added. A fit that fails is reported, and
    the others go on; its variant is left out of the comparison.

    Args:
        run: a configuration file, or a dictionary of the same form, or a run whose configuration it is. It may have
            ``variants``, ``grid``, ``folds``, ``seeds`` and ``window``.
        variants: for each the name of a model's class, or a map with ``name`` and the options that differ.
        grid: lists of values by option; each variant is taken with every combination.
        folds: how many test parts; by default what the configuration has.
        seeds: how many fits of each fold, from ``seed`` on; by default what the configuration has, or 1.
        workers: as in :func:`cryptoforecast.backtest`, and so are ``engine``, ``address``, ``num_cpus``, ``num_gpus``.
        window: ``expanding`` or ``rolling``; by default what the configuration has, or ``expanding``.
        by: the measure that ranks: ``rmse`` of points, ``crps`` of distributions or ``qlike`` of volatilities.
        output_dir: the folder of the study; by default ``study`` beside the runs. It holds a backtest's folder for each
            variant, ``study.html`` and ``study.json``.
        metrics: functions of one model's rows on one series, or their import paths.
        baselines: classes of models without training that stand beside all variants.
        progress: whether to print progress.
        engine: as there.
        address: as there.
        num_cpus: as there.
        num_gpus: as there.
        source: the source of the closes.
        model: the model that variants without one of their own have.
        seed: the first seed.
        options: further options of ``fit``, by their own names, for all variants.

    Returns:
        The comparison of all variants, and the backtest of each.

    Raises:
        UserError: if the study, a variant or the data is not as it should be, or all variants failed.

    >>> result = study("configs/zoo.yaml", workers=2)  # doctest: +SKIP
    >>> result.sentence, result.table(), result.backtests["LSTM"].table()  # doctest: +SKIP
    """
    with quiet_libraries(), refusals_in_one_sentence():
        start_forkserver()
        configuration = configuration_of_run(run)
        call = call_of("fit", configuration, source=source, model=model, seed=seed, **options)
        return carry_out_study(
            call.words[1:], call.objects, variants=variants, grid=grid, folds=folds, seeds=seeds, workers=workers,
            window=window, by=by, output_dir=output_dir, metrics=metrics, baselines=baselines, progress=progress,
            command="cryptoforecast.study", engine=engine, address=address, num_cpus=num_cpus, num_gpus=num_gpus,
        )  # fmt: skip


def carry_out_study(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    variants: Any = None,
    grid: Any = None,
    folds: int | None = None,
    seeds: int | None = None,
    window: WindowKind | None = None,
    by: str = "rmse",
    output_dir: str | Path | None = None,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
    progress: bool = True,
    command: str = "",
    **of_engine: Any,
) -> StudyResult:
    """The study of what the options of ``fit`` ask for; arguments and errors are those of :func:`study`."""
    engine = EngineOptions.taken_from(of_engine)
    plan = read_plan(words, variants, grid)
    how = plan.counts | {
        name: value for name, value in {"folds": folds, "seeds": seeds, "window": window}.items() if value is not None
    }
    if "folds" not in how:
        raise UsageError("study takes --folds N, or folds: N in its configuration.")
    options = WalkOptions(**how)
    options.check()
    say = say_at_once if progress else say_nothing
    folder = (expand_home(str(output_dir)) if output_dir else _folder_of(words)).absolute()
    with loaded_once() as loaded:
        walks = _walks(plan, objects, folder, options, find_beside(metrics, baselines))
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, "another study is at work here; set another --output_dir."):
        for walk in walks:
            walk.begin()
        fits = [fit for walk in walks for fit in walk.fits]
        about = f"study    {len(walks)} variants, {options.folds} folds, {options.window}, seeds {walks[0].seeds}"
        say("\n".join([*describe_data(walks[0].made.datamodule), f"{about}: {len(fits)} fits"]))
        with Progress(fits, say) as shown:
            accelerator = type(walks[0].made.trainer.accelerator).__name__
            failed = carry_out(shown.left, make_engine(engine, loaded, accelerator), shown)
        return _compared(walks, plan, failed, folder, by, metrics, command)


def _walks(
    plan: StudyPlan, objects: Mapping[str, Any] | None, folder: Path, options: WalkOptions, beside: Beside
) -> list[Walk]:
    """The walk of each variant, tried; nothing is written yet."""
    walks = list[Walk]()
    for variant in plan.variants:
        words = plan.words_of(variant)
        try:
            walk = Walk(make_backtest(words, objects), words, folder / variant.name, options, beside, variant.name)
        except UserError as problem:
            raise type(problem)(f"variant {variant.name}: {problem}") from None
        if walks:
            _require_comparable(walks[0], walk)
        if same := next((known for known in walks if known.made.settings == walk.made.settings), None):
            raise UserError(f"variants {same.variant} and {walk.variant} have the same settings; leave one out.")
        walks.append(walk)
    return walks


def _require_comparable(first: Walk, walk: Walk) -> None:
    """Refuse a variant that would forecast other targets than the first one does."""
    for what, known, now in (
        ("data.horizon", first.made.datamodule.horizon, walk.made.datamodule.horizon),
        ("series", first.made.datamodule.windows.names, walk.made.datamodule.windows.names),
        ("target", first.made.datamodule.columns[0], walk.made.datamodule.columns[0]),
        ("test parts", *([f"{x.test_from} to {x.end}" for x in each.folds] for each in (first, walk))),
    ):
        if known != now:
            raise UserError(
                f"variant {walk.variant}: forecasts other targets than {first.variant} does, for its {what} "
                f"{'are' if what in ('series', 'test parts') else 'is'} {now}, not {known}; all variants of a study "
                "are compared on the same targets."
            )


def _compared(
    walks: Sequence[Walk], plan: StudyPlan, failed: Sequence[Ended], folder: Path, by: str, metrics: Sequence[Any],
    command: str,
) -> StudyResult:  # fmt: skip
    """The result of the walks that are finished."""
    without = {ended.fit.variant for ended in failed}
    finished = [walk for walk in walks if walk.variant not in without]
    if not finished:
        raise UserError(f"all variants failed; the first: {failed[0].fit}: {failed[0].failure}")
    backtests: dict[str, BacktestResult] = {walk.variant: walk.finish() for walk in finished}
    comparison = compare(
        *(result.folder for result in backtests.values()), names=list(backtests), seeds="mean", by=by,
        metrics=list(metrics) or None,
    )  # fmt: skip
    changes = {variant.name: variant.changes for variant in plan.variants}
    costs = {walk.variant: _cost_of(walk) for walk in finished}
    result = StudyResult(comparison, backtests, changes, costs, list(failed), folder)
    result.write(command)
    return result


def _cost_of(walk: Walk) -> Cost:
    """The mean seconds of a walk's fits that have noted theirs, and the number of weights of its model."""
    seconds = [spent for fit in walk.fits if (spent := seconds_of(fit)) is not None]
    weights = sum(weight.numel() for weight in walk.made.model.parameters())
    return Cost(sum(seconds) / len(seconds) if seconds else None, weights)


def _folder_of(words: Sequence[str]) -> Path:
    """The folder of a study where none is named: in that of the runs, after its first configuration."""
    for before, word in zip(["", *words], words, strict=False):
        option, equals, value = word.partition("=")
        named = word if before in CONFIG else value if option in CONFIG and equals else ""
        if named and "\n" not in named and Path(named).suffix in (".yaml", ".yml"):
            return Path("runs", Path(named).stem, "study")
    return Path("runs", "study")


def say_command(words: Sequence[str]) -> str:
    """A command line as it can be typed."""
    return shlex.join(["python", "-m", "cryptoforecast", *words])
