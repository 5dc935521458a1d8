"""Judging a model beside the baselines: ``cryptoforecast.validate`` and ``test``, and what the command line calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cryptoforecast.data.batches import num_validated_windows
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.distribution.adaptive import with_adaptive
from cryptoforecast.evaluation.figures.tensorboard import save_figures
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.notices import warn_of_implausible_skill, warn_of_seen_targets
from cryptoforecast.evaluation.user_baselines import class_of, make_baselines
from cryptoforecast.evaluation.user_metrics import find_metrics
from cryptoforecast.evaluation.verdict import Verdict, judge
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.fitted import require_fitted
from cryptoforecast.models.ladder.kept import LADDER_FILE
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.evaluation_hooks import call_evaluation_hooks, keep_logged
from cryptoforecast.training.ledger_entries import compare_with_fit, enter_test
from cryptoforecast.training.run_folder import folder_of_results
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.command_line import OPTIONS_OF_VERB, CommandLine, make
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.training.tensorboard import write_verdict
from cryptoforecast.user_code.source_files import copy_source_files, source_code_of
from cryptoforecast.user_folders import expand_home

Verb = Literal["validate", "test"]


class Judged(NamedTuple):
    """A verdict, what the model's own steps have logged, the folder for both, and the names of the files in it."""

    verdict: Verdict
    logged: dict[str, float]
    folder: Path
    files: list[str]


def validate(run: Any = None, *, config: Any = None, source: Any = None, model: Any = None, **options: Any) -> Verdict:
    """Score a model and the baselines on the validation targets, as ``python -m cryptoforecast validate`` does.

    Args and errors are those of :func:`test`.

    >>> validate("runs/btc/version_0").skill  # doctest: +SKIP
    """
    return _called("validate", run, config, source=source, model=model, **options)


def test(
    run: Any = None,  # noqa: PT028
    *,
    config: Any = None,  # noqa: PT028
    source: Any = None,  # noqa: PT028
    model: Any = None,  # noqa: PT028
    **options: Any,
) -> Verdict:
    """Score a model and the baselines on the test targets, as ``python -m cryptoforecast test`` does.

    The test is entered in the ledger, and forecasts.csv, scores.json and the figures are written into the run folder.

    Args:
        run: a run, a run folder or a checkpoint; None for a model without weights, such as ``model=cf.Drift``.
        config: a configuration file or dictionary, for a model without weights.
        source: closes to use in the place of those that the model was fitted on.
        model: a model without weights; a run has its own.
        options: options of the data by their names, such as ``end="2024-01-01"``; ``output_dir``, a folder for the
            files; ``adaptive``, whether the quantiles are judged once more, moved as adaptive conformal inference does,
            and ``adaptive_step``, how fast; ``metrics``, functions of one model's forecast rows on one series that
            return a number; ``baselines``, classes of models that stand in the table too, without training or with a
            ``fit(x, y)``.

    Returns:
        The verdict, whose text and whose ``_repr_html_`` show the table and the claim.

    Raises:
        UserError: if there is no such checkpoint, the closes are not as they should be, or the model would change.

    >>> verdict = test("runs/btc/version_0")  # doctest: +SKIP
    >>> verdict.skill, verdict.sentence, verdict.table(), verdict.rows  # doctest: +SKIP
    """
    return _called("test", run, config, source=source, model=model, **options)


def _called(verb: Verb, run: Any, config: Any, **arguments: Any) -> Verdict:
    path = None if run is None else checkpoint_of_run(run)
    beside = {name: arguments.pop(name, ()) for name in ("metrics", "baselines")}
    call = call_of(verb, config, ckpt_path=path, **arguments)
    with quiet_libraries(), refusals_in_one_sentence():
        return judge_words(call.words, call.objects, **beside).verdict


def judge_words(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    write: bool = True,
    metrics: Sequence[Any] = (),
    baselines: Sequence[Any] = (),
) -> Judged:
    """Judge what a command line names, and write what was found out.

    Args:
        words: the command line, which begins with ``validate`` or ``test``.
        objects: options of the trainer that no text can stand for, by name.
        write: whether to write forecasts, scores and figures.
        metrics: further ones than the command line names.
        baselines: further ones than the command line names.

    Raises:
        UserError: as :func:`test`.

    >>> judge_words(["test", "--ckpt_path", "best.ckpt"]).verdict.sentence  # doctest: +SKIP
    """
    made = make(words, CommandLine, objects=objects)
    metrics = made.beside["metrics"] = list(find_metrics([*made.beside["metrics"], *metrics]).values())
    baselines = made.beside["baselines"] = [*made.beside["baselines"], *baselines]
    code = source_code_of(metrics, [class_of(baseline) for baseline in baselines])
    verb, split = made.subcommand, "val" if made.subcommand == "validate" else "test"
    made.datamodule.setup(verb)
    model = trained_model(made)
    folder = _output_dir(made)
    if not write:
        return Judged(judge_model(made, model, split, folder), {}, folder, [])
    folder.mkdir(parents=True, exist_ok=True)
    verdict = judge_model(made, model, split, folder, folder / LADDER_FILE)
    to_csv(verdict.rows, folder / "forecasts.csv")
    verdict.write(folder / "scores.json")
    copy_source_files(code.files, folder)
    figures = save_figures(verdict.rows, split, folder, made.datamodule.simulated)
    if made.checkpoint is not None and folder == folder_of_results(made.checkpoint):
        write_verdict(folder, verdict)
    logged = own_steps(made, model, folder)
    keep_logged(logged, folder / "scores.json")
    return Judged(verdict, logged, folder, ["forecasts.csv", "scores.json", *figures])


def judge_model(
    made: CommandLine, model: Forecaster, split: Any, folder: Path | None = None, ladder_file: Path | None = None
) -> Verdict:
    """A model's verdict on targets of data that is set up; a test is entered in the ledger.

    Args:
        made: what a command line has asked for.
        model: ready to forecast.
        split: ``val`` or ``test``.
        folder: where the forecasts will be written; None where they will not be.
        ladder_file: where the fitted ladder is kept; None where it is not.
    """
    data, trainer = made.datamodule, made.trainer
    if made.checkpoint is not None and made.subcommand in OPTIONS_OF_VERB:
        compare_with_fit(made.checkpoint, model, data)
    flattered_by = warn_of_seen_targets(model, data, split)
    device, most = trainer.strategy.root_device, num_validated_windows(trainer)
    baselines = make_baselines(made.beside["baselines"], data)
    rows = rows_beside_baselines(model, data, split, device, most, ladder_file, baselines)
    if made.verb_options.get("judge.adaptive"):
        rows = with_adaptive(rows, made.verb_options["judge.adaptive_step"])
    tries, flattered_by = enter_test(made.checkpoint, model, data, rows, split, folder or Path(), flattered_by)
    verdict = judge(rows, split, data.simulated, tries, flattered_by, made.beside["metrics"])
    if split == "test":
        warn_of_implausible_skill(rows, made.typed)
    return verdict


def trained_model(made: CommandLine) -> Forecaster:
    """The model of the checkpoint that was named; where none was, one that needs no training.

    Raises:
        UserError: if it needs training.
    """
    model: Forecaster = made.model
    if made.checkpoint is None:
        require_fitted(model, f"{made.subcommand} needs --ckpt_path")
    return model


def own_steps(made: CommandLine, model: Forecaster, folder: Path) -> dict[str, float]:
    """What a model's own steps and the callbacks that were given log in Lightning's evaluation loop.

    Args:
        made: what a command line has asked for.
        model: ready to forecast.
        folder: where they may write.
    """
    verb = str(made.subcommand)
    return call_evaluation_hooks(verb, model, made.datamodule, made.trainer, made.given_callbacks, folder)


def _output_dir(made: CommandLine) -> Path:
    """Where ``--output_dir`` says, else the checkpoint's run folder, else the working folder."""
    chosen = made.verb_options.get("output_dir")
    if chosen is not None:
        return expand_home(chosen)
    return Path() if made.checkpoint is None else folder_of_results(made.checkpoint)
