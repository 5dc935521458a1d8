"""``audit``: whether anything before a border depends on what comes after it. Nothing is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptoforecast.audit.command import audit_words
from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.audit.result import AuditResult
from cryptoforecast.audit.stages import STEPS, run_stages
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.configuration_of_run import configuration_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.forkserver import start_forkserver
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_code.opened_files import entry_point, record_opened_files


@entry_point
def audit(
    run: Any,
    data: CloseDataModule | None = None,
    steps: int = STEPS,
    seed: int | None = None,
    on_stage: Callable[[StageResult], object] | None = None,
    **options: Any,
) -> AuditResult:
    """Compare, stage by stage, what is built from the closes with what is built where the future is garbage.

    The future begins with the first validation target, and in a second comparison with the first test target.

    Of a run or a configuration, the altered data and models are built in fresh processes, from the import of the
    user's modules on, as ``python -m cryptoforecast audit`` does. Of a model and data that are objects, they are built
    in this process: what the model learned when it was made, or its module when it was imported, is the same with the
    garbage as without.

    Args:
        run: a run, a run folder or a checkpoint, whose weights training starts from; or a configuration file, or a
            dictionary of the same form; or a model, which stays as it is.
        data: the closes of a model: any sources, lengths and borders.
        steps: optimizer steps to train for.
        seed: of training; by default the run's, else 0.
        on_stage: called with each stage as soon as it is found equal.
        options: of a model, those of the Trainer that bear on training, such as ``gradient_clip_val``; else those of
            the model, the data and the trainer, as in :func:`cryptoforecast.fit`.

    Returns:
        The stages, all of them equal, and what that proves.

    Raises:
        LookAhead: naming the first stage that differs.
        UserError: if what is to be audited is not as it should be, or the closes cannot be loaded or cut.

    >>> from cryptoforecast import LSTM, CsvSource
    >>> audit("runs/btc/version_0").sentence  # doctest: +SKIP
    >>> audit(LSTM(), CloseDataModule(CsvSource("BTC-USD.csv"))).table()  # doctest: +SKIP
    """
    if isinstance(run, Forecaster):
        if data is None:
            raise UserError(f"audit({type(run).__name__}(...)) needs the data too: audit(model, data).")
        with quiet_libraries():
            return run_stages(run, data, on_stage=on_stage, steps=steps, seed=seed or 0, **options)
    if data is not None:
        raise UserError("audit takes data beside a model only; a run and a configuration have their own.")
    configuration = configuration_of_run(run)
    checkpoint: Path | None = None if configuration is run else checkpoint_of_run(run)
    with quiet_libraries(), refusals_in_one_sentence(), record_opened_files():
        start_forkserver()
        call = call_of("audit", configuration, ckpt_path=checkpoint, seed=seed, **options)
        if call.objects:
            name = next(iter(call.objects))
            raise UserError(f"trainer.{name}: an object cannot be handed on to fresh processes; name its class.")
        return audit_words([*call.words, f"--steps={steps}"], on_stage)
