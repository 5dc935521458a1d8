"""``audit``: whether anything before a border depends on what comes after it. Nothing is written."""

from collections.abc import Callable
from typing import Any

from cryptoforecast.audit.altered import with_cached_sources
from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.audit.result import AuditResult, result_of
from cryptoforecast.audit.stages import STEPS, Processes, audit_stages
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.user_code.opened_files import entry_point, record_opened_files


def audit(
    model: Forecaster,
    data: CloseDataModule,
    steps: int = STEPS,
    seed: int = 0,
    on_stage: Callable[[StageResult], object] | None = None,
    **trainer: Any,
) -> AuditResult:
    """Compare, stage by stage, what is built from the closes with what is built where the future is garbage.

    The future begins with the first validation target, and in a second comparison with the first test target. All is
    built in this process, of the model as it has been made: what it learned when it was made, or its module when it
    was imported, is the same with the garbage as without.

    Args:
        model: a new one, or one with weights to go on from; it stays as it is.
        data: any sources, lengths and borders.
        steps: optimizer steps to train for.
        seed: of training.
        on_stage: called with each stage as soon as it is found equal.
        trainer: options of the Trainer's that bear on training, such as ``gradient_clip_val``.

    Returns:
        The stages, all of them equal, and what that proves.

    Raises:
        LookAhead: naming the first stage that differs.
        UserError: if the closes cannot be loaded or cut.

    >>> from cryptoforecast import LSTM, CsvSource
    >>> result = audit(LSTM(), CloseDataModule(CsvSource("BTC-USD.csv")))  # doctest: +SKIP
    >>> print(result.sentence)  # doctest: +SKIP
    """
    return run_stages(model, data, on_stage=on_stage, steps=steps, seed=seed, **trainer)


@entry_point
def run_stages(
    model: Forecaster,
    data: CloseDataModule,
    processes: Processes | None = None,
    on_stage: Callable[[StageResult], object] | None = None,
    **options: Any,
) -> AuditResult:
    """The result of all stages; ``processes`` build the counterfactuals, by default this one does.

    Raises:
        LookAhead: naming the first stage that differs.
    """
    with record_opened_files():
        cached = with_cached_sources(data)
        cached.setup("fit")
        stages = []
        for stage in audit_stages(model, cached, processes=processes, **options):
            stages.append(stage)
            if on_stage is not None:
                on_stage(stage)
    return result_of(model, cached, stages)
