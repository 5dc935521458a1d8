"""``tune``: search for the options of a model by its validation targets, and test the best trial once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptoforecast.data.sources.loaded_once import loaded_once
from cryptoforecast.locks import alone_in
from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import LOCAL, EngineOptions, make_engine
from cryptoforecast.study.progress import say_at_once, say_nothing
from cryptoforecast.study.tune.ended import judge_best, noise_of
from cryptoforecast.study.tune.result import TuneResult
from cryptoforecast.study.tune.searching import make_search, require_pruner, search_in, try_corners, with_objective
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home


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
    what = make_search(search, trials, sampler=sampler, pruner=pruner, objective=objective)
    say = say_at_once if progress else say_nothing
    with loaded_once() as loaded:
        made = make_backtest(words, objects)
        try_corners(words, what, objects)
        carrier = make_engine(engine, loaded, type(made.trainer.accelerator).__name__)
        require_pruner(what, carrier)
        folder = (expand_home(str(output_dir)) if output_dir else made.folder.parent / "tune").absolute()
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder, "another search is at work here; set another --output_dir."):
            searched = f"search   {', '.join(what.space)}: {trials} trials by {sampler}"
            heading = "\n".join([*describe_data(made.datamodule), searched])
            found = search_in(folder, words, made, with_objective(what, made), carrier, say, heading)
            return _tested(found, made.datamodule.horizon)


def _tested(found: TuneResult, horizon: int) -> TuneResult:
    """The result with the verdict of the best trial, written into the folder of the search."""
    if found.best is not None:
        noise = noise_of(found.trials, found.objective, horizon)
        found = replace(found, noise=noise, verdict=judge_best(found.best))
    found.write()
    return found
