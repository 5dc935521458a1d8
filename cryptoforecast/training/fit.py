"""Training a model: ``cryptoforecast.fit``, and what ``python -m cryptoforecast fit`` calls."""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from cryptoforecast.errors import DataNotice, Interrupted
from cryptoforecast.evaluation.ledger_table import VALIDATION
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.ladder.kept import LADDER_FILE
from cryptoforecast.recipe.write import class_path
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.exact import as_list
from cryptoforecast.training.fit_entries import mark_as_counted
from cryptoforecast.training.judge import judge_model
from cryptoforecast.training.ledger_entries import enter_fit
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.resume import open_run_folder, require_resumable
from cryptoforecast.training.run import Run
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST, run_folder
from cryptoforecast.training.run_record import RunRecord
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.checks import require_settings_that_work
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.training.tensorboard import tensorboard_folder, write_verdict
from cryptoforecast.training.train import best_checkpoint, train


def fit(
    config: str | Path | Mapping[str, Any] | None = None,
    *,
    source: Any = None,
    model: Any = None,
    data_class: Any = None,
    name: str | None = None,
    seed: int | bool | None = None,
    ckpt_path: Any = None,
    progress: bool = True,
    **options: Any,
) -> Run:
    """Train a model and judge its best checkpoint on the validation targets, as ``python -m cryptoforecast fit`` does.

    The same options give the same weights to the bit, here and on the command line. The fit is entered in the ledger,
    and its run folder has its configuration, its provenance and its checkpoints.

    Args:
        config: a YAML file, or a dictionary of the same form; further arguments are set over it.
        source: where the closes come from: a source, a class of one, or a list of sources.
        model: a class, an instance, whose arguments are taken and not its weights, a class's name, or a dictionary of
            arguments.
        data_class: a subclass of :class:`CloseDataModule`, or its import path, that the data are of; its own arguments
            are options too.
        name: of the run folder: ``runs/<name>/version_0``.
        seed: of all random numbers.
        ckpt_path: a checkpoint, a run or a run folder to go on from, to the same bits as without the interruption;
            ``"last"`` is the newest run's.
        progress: whether to print a table with a line for each epoch.
        options: options of the model, the data and the trainer by their names, such as ``hidden_size=16``,
            ``horizon=7``, ``max_epochs=30``. One that two of them have is given as ``data__batch_size``, or in a
            dictionary, as ``model={"hidden_size": 16}``.

    Returns:
        The run.

    Raises:
        UserError: if the data, an option or a checkpoint is not as it should be. Nothing is written then.
        KeyboardInterrupt: if the fit is interrupted; its text says how to go on.

    >>> from cryptoforecast import LSTM, SimulatedSource
    >>> run = fit(source=SimulatedSource(rows=300), model=LSTM, hidden_size=4, max_epochs=3, seed=0)  # doctest: +SKIP
    >>> run.val.skill, run.test().sentence, run.predict()  # doctest: +SKIP
    """
    start = ckpt_path if ckpt_path in (None, LAST) else checkpoint_of_run(ckpt_path, last=True)
    named = {"source": source, "model": model, "data_class": data_class, "name": name, "seed": seed, "ckpt_path": start}
    call = call_of("fit", config, **named, **options)
    if call.objects:
        names = ", ".join(f"trainer.{name}" for name in call.objects)
        notice = f"{names}: given as objects, which the run's config.yaml cannot hold; a class or dictionary it can."
        warnings.warn(notice, DataNotice, stacklevel=2)
    try:
        with quiet_libraries(), refusals_in_one_sentence():
            return fit_words(call.words, call.objects, progress)
    except Interrupted as stopped:
        raise KeyboardInterrupt(str(stopped)) from None


def fit_words(words: Sequence[str], objects: Mapping[str, Any] | None = None, progress: bool = True) -> Run:
    """Train what a command line asks for.

    Args:
        words: the command line, which begins with ``fit``.
        objects: options of the trainer that no text can stand for, by name.
        progress: whether to print a table with a line for each epoch.

    Raises:
        UserError: as :func:`fit`.

    >>> run = fit_words(["fit", "--config", "configs/btc.yaml", "--model.hidden_size=16"])  # doctest: +SKIP
    """
    made = make(words, CommandLine, objects=objects, progress=progress)
    chosen = made.verb_options
    with ExitStack() as stack:
        _begin(made, stack)
        arguments = {name: chosen.get(name) for name in ("ckpt_path", "weights_only")}
        nothing_left = train(made.trainer, made.model, datamodule=made.datamodule, **arguments)
        if nothing_left and progress:
            print(nothing_left)
        return _judged(made)


def _begin(made: CommandLine, stack: ExitStack) -> None:
    """Check model, data and settings, open the run folder, and have the fit entered in the ledger when it begins."""
    model, data, trainer = made.model, made.datamodule, made.trainer
    data.setup("fit")
    check_before_fit(model, data, trainer)
    require_settings_that_work(trainer, model, data)
    chosen = made.verb_options
    if made.checkpoint is not None:
        require_resumable(made.checkpoint, model, data, trainer, chosen.get("seed_everything"))
    records = [callback for callback in trainer.callbacks if isinstance(callback, RunRecord)]  # type: ignore[attr-defined]
    configuration = records[0].configuration if records else ""  # with trainer.fast_dev_run there is no folder either
    stack.enter_context(open_run_folder(trainer, made.checkpoint, configuration))
    code = mark_as_counted(trainer, model, data, chosen.as_dict(), list(made.objects.values()))
    recorded = _with_objects(chosen, made.objects)

    def enter() -> None:
        enter_fit(trainer, model, data, recorded, made.checkpoint, code)

    for record in records:
        record.enter = enter
    if not records:
        enter()


def _with_objects(chosen: Namespace, objects: Mapping[str, Any]) -> Namespace:
    """The options with a text for each object, so that the ledger takes a fit with another object for another variant.

    A callback's text is its ``state_key``, which has those of its arguments that tell callbacks of a class apart.
    """
    chosen = chosen.clone()
    for name, value in objects.items():
        texts = [str(getattr(item, "state_key", class_path(type(item)))) for item in as_list(value)]
        chosen[f"trainer.{name}"] = [*as_list(chosen.get(f"trainer.{name}")), *texts]
    return chosen


def _judged(made: CommandLine) -> Run:
    """The run, with its best checkpoint judged on the validation targets by the first of its processes."""
    trainer = made.trainer
    path = best_checkpoint(trainer, made.given_callbacks)
    folder = run_folder(trainer)
    if not path and trainer.checkpoint_callback:  # nothing to learn, nothing was best
        path = str((folder or Path(trainer.default_root_dir)) / CHECKPOINTS / f"{LAST}.ckpt")
        trainer.save_checkpoint(path, weights_only=False)
    checkpoint = Path(path) if path else None
    if not trainer.is_global_zero:
        return Run(folder, checkpoint)
    if path and trainer.world_size == 1:
        require_reloadable(trainer, made.model, made.datamodule)
    best: Forecaster = load_forecaster(path) if path else made.model
    verdict: Verdict = judge_model(made, best, "val", ladder_file=folder and folder / LADDER_FILE)
    if folder is not None:
        verdict.write(folder / VALIDATION)
    if (in_tensorboard := tensorboard_folder(trainer)) is not None:
        write_verdict(in_tensorboard, verdict)
    return Run(folder, checkpoint, verdict)
