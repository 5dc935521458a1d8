"""``tune``: search for the options of a model by its validation targets, and test the best trial once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptoforecast.data.sources.loaded_once import loaded_once
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.locks import alone_in
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.study.command import BacktestCommandLine, make_backtest
from cryptoforecast.study.curves import VALUES
from cryptoforecast.study.engines.choose import LOCAL, EngineOptions, make_engine
from cryptoforecast.study.fit import UNFINISHED, Fit, finished
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.study.progress import say_at_once, say_nothing
from cryptoforecast.study.queue import carry_out
from cryptoforecast.study.record import SEARCH, begin_or_go_on, record_of
from cryptoforecast.study.tune.ended import judge_best, noise_of, trials_of, value_of
from cryptoforecast.study.tune.journal import Journal
from cryptoforecast.study.tune.progress import TrialLines
from cryptoforecast.study.tune.result import TuneResult
from cryptoforecast.study.tune.samplers import PRUNERS, SAMPLERS, require_known, require_optuna
from cryptoforecast.study.tune.search_space import corners, read_search_space
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.training.trial_entries import enter_trial
from cryptoforecast.user_code.source_files import source_code_of
from cryptoforecast.user_folders import expand_home

SKILL, DENSITY_SKILL = "val/skill", "val/density_skill"


def tune(
    run: Any = None,
    *,
    search: str | Path | Mapping[str, Any],
    trials: int,
    workers: int | None = None,
    sampler: str = "tpe",
    pruner: str = "none",
    objective: str | None = None,
    output_dir: str | Path | None = None,
    progress: bool = True,
    engine: str = LOCAL,
    address: str | None = None,
    num_cpus: float | None = None,
    num_gpus: float | None = None,
    source: Any = None,
    model: Any = None,
    seed: int | None = None,
    **options: Any,
) -> TuneResult:
    """Search for the options of a model, as ``python -m cryptoforecast tune`` does.

    Each trial is a fit, judged by its validation targets, and a try in the ledger. The best is tested once, and its
    verdict is corrected for all of them. Called again after an interruption, the search goes on with the trials that it
    would have had; with more ``trials``, with further ones.

    Args:
        run: a run, whose configuration is searched around, or a configuration file or dictionary.
        search: a file that says what is searched, or a dictionary of the same form, such as
            ``{"model.hidden_size": {"low": 8, "high": 128, "log": True}, "model.head": {"choices": ["Point"]}}``.
        trials: how many.
        workers: how many fits at a time. With one, the same search gives the same trials; with several, what a trial
            suggests depends on which others have ended.
        sampler: ``tpe``, ``random`` or ``gp``.
        pruner: ``none``, ``median`` or ``halving``, which end trials that look hopeless.
        objective: the curve that is searched by, at the epoch of the best checkpoint; by default ``val/density_skill``
            of a model with a distribution, else ``val/skill``. Curves whose name ends with ``skill`` are maximised, the
            model's ``monitor`` as it says, others minimised.
        output_dir: the folder of the search; by default ``tune`` beside the runs.
        progress: whether to print a line for each trial.
        engine: as in :func:`cryptoforecast.backtest`.
        address: as there.
        num_cpus: as there.
        num_gpus: as there.
        source: the source of the closes.
        model: the model.
        seed: of the sampler and of each fit.
        options: further options of ``fit``, by their own names, for all trials.

    Returns:
        The trials, the best, and its verdict on the test targets.

    Raises:
        UserError: if the search, an option or the data is not as it should be.

    References:
        Akiba, Sano, Yanase, Ohta and Koyama (2019), Optuna: A Next-generation Hyperparameter Optimization Framework,
        KDD.

    >>> found = tune("configs/btc.yaml", search="configs/search.yaml", trials=50, workers=2)  # doctest: +SKIP
    >>> found.best.parameters, found.sentence, found.table()  # doctest: +SKIP
    """
    with quiet_libraries(), refusals_in_one_sentence():
        start_forkserver()
        call = call_of("fit", configuration_of_run(run), source=source, model=model, seed=seed, **options)
        return carry_out_search(
            call.words[1:], call.objects, search=search, trials=trials, sampler=sampler, pruner=pruner,
            objective=objective, output_dir=output_dir, progress=progress, workers=workers, engine=engine,
            address=address, num_cpus=num_cpus, num_gpus=num_gpus,
        )  # fmt: skip


def carry_out_search(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    search: str | Path | Mapping[str, Any],
    trials: int,
    sampler: str = "tpe",
    pruner: str = "none",
    objective: str | None = None,
    output_dir: str | Path | None = None,
    progress: bool = True,
    **of_engine: Any,
) -> TuneResult:
    """The search around what the options of ``fit`` ask for; arguments and errors are those of :func:`tune`."""
    engine = EngineOptions.taken_from(of_engine)
    require_known("sampler", sampler, SAMPLERS)
    require_known("pruner", pruner, PRUNERS)
    if trials < 1:
        raise UsageError(f"--trials is {trials}; it must be at least 1.")
    require_optuna()
    say = say_at_once if progress else say_nothing
    with loaded_once() as loaded:
        space = read_search_space(search)
        made = make_backtest(words, objects)
        _try_corners(words, space, objects)
        objective = objective or (SKILL if says_distribution(made.model) is not True else DENSITY_SKILL)
        maximise, carrier = _is_maximised(objective, made), _engine(engine, loaded, made, pruner)
        folder = (expand_home(str(output_dir)) if output_dir else made.folder.parent / "tune").absolute()
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder, "another search is at work here; set another --output_dir."):
            record = {"search": repr(space), "sampler": sampler, "pruner": pruner, "objective": objective}
            begin_or_go_on(folder, _record(made, record), SEARCH)
            journal = Journal(folder, space, maximise, sampler, pruner, made.seed)
            searched = f"search   {', '.join(space)}: {trials} trials by {sampler}"
            say("\n".join([*describe_data(made.datamodule), searched]))
            queue = _Trials(words, made, journal, folder, objective, trials)
            with TrialLines(journal, trials, say) as shown:
                carry_out(queue.fits(), carrier, shown)
            return _result(journal, trials, objective, maximise, made, folder)


def _engine(options: EngineOptions, loaded: Any, made: BacktestCommandLine, pruner: str) -> Any:
    engine = make_engine(options, loaded, type(made.trainer.accelerator).__name__)
    if pruner != "none" and not engine.reports:
        raise UsageError(f"--pruner {pruner}: fits on {options.engine} tell no values; use --engine local, or none.")
    return engine


class _Trials:
    """The fits of a search, each suggested when a worker is free for it: what has ended by then is learned from."""

    def __init__(
        self, words: Sequence[str], made: BacktestCommandLine, journal: Journal, folder: Path, objective: str,
        trials: int,
    ) -> None:  # fmt: skip
        self._words, self._seed, self._journal = list(words), made.seed, journal
        self._folder, self._objective, self._count = folder, objective, trials

    def fits(self) -> Iterator[Fit]:
        """The fits of the trials that have not ended."""
        for order in range(self._count):
            if order in self._journal.trials:
                continue
            words = [*self._words, *self._journal.ask(order)]
            try:
                fit = self._fit_of(order, words)
            except UserError as problem:
                self._journal.tell(order, None, str(problem))
                continue
            if (finished(fit) / VALUES).is_file():  # the search ended before it was told
                value, pruned = value_of(finished(fit))
                self._journal.tell(order, value, pruned=pruned)
                continue
            yield fit

    def _fit_of(self, order: int, words: list[str]) -> Fit:
        """A trial as a fit, entered in the ledger."""
        made = make_backtest(words)
        data, name = made.datamodule, f"trial_{order}"
        code = source_code_of(made.model, data.source, made.settings)
        fit = Fit(
            None, self._seed, words, [series.provenance.sha256 for series in data.series],
            self._folder / UNFINISHED / name, code.hashes, made.text, variant=f"trial {order}",
            parsed=parsed_options(made), objective=self._objective,
        )  # fmt: skip
        enter_trial(made.model, data, made.settings, self._seed, self._folder / "trials" / name, code)
        return fit


def _try_corners(words: Sequence[str], space: Mapping[str, Any], objects: Any) -> None:
    """Let the parser try the ends of all ranges and every choice before the first trial."""
    for corner in corners(space):
        try:
            make_backtest([*words, *corner], objects)
        except UserError as problem:
            raise type(problem)(f"search, with {' '.join(corner)}: {problem}") from None


def _is_maximised(objective: str, made: BacktestCommandLine) -> bool:
    if objective == made.model.monitor:
        return bool(made.model.monitor_mode == "max")
    return objective.endswith("skill")


def _record(made: BacktestCommandLine, options: dict[str, Any]) -> dict[str, Any]:
    code = source_code_of(made.model, made.datamodule.source, made.settings)
    device = type(made.trainer.accelerator).__name__
    return record_of(options, made.settings, made.datamodule, code, device, [])


def _result(
    journal: Journal, count: int, objective: str, maximise: bool, made: BacktestCommandLine, folder: Path
) -> TuneResult:
    """The trials that have ended, and the verdict of the best."""
    trials = trials_of(journal, folder)[:count]
    result = TuneResult(trials, objective, maximise, None, None, folder)
    if result.best is not None:
        noise = noise_of(trials, objective, made.datamodule.horizon)
        result = TuneResult(trials, objective, maximise, judge_best(result.best), noise, folder)
    result.write()
    return result
