"""The stages of the look-ahead audit, in order: each is built twice, once with garbage in the place of the future."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import torch
from lightning.pytorch.utilities.seed import isolate_rng

from cryptoforecast.audit.altered import Alteration, CachedSource, files_of, with_sources
from cryptoforecast.audit.counterfactual import Counterfactual, TrainedOutputs, cached_for, read, train
from cryptoforecast.audit.learning import ShortTraining, learn
from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.audit.readers import doubts_of, require_unread, require_untrained_behind
from cryptoforecast.audit.result import AuditResult, result_of
from cryptoforecast.audit.source_check import check_source
from cryptoforecast.audit.stage_checks import (
    check_forecasts,
    check_scaling,
    check_series,
    check_training,
    check_windows,
)
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.user_code.opened_files import Opened, entry_point, opened_so_far, record_opened_files

STEPS = 20
TrainOn = Callable[[CloseDataModule], ShortTraining]


@runtime_checkable
class Processes(Protocol):
    """Builds counterfactuals in fresh processes, in which the altered files stand in the place of the real ones."""

    doubts: list[str]  # why one could not be built

    @property
    def opened(self) -> list[Opened]:
        """What the processes have opened, each file under its real name."""

    def counterfactual(self, altered: Alteration, border: pd.Timestamp, here: Counterfactual) -> Counterfactual:
        """A counterfactual built from the import of the user's modules on; ``here``, where that is not possible."""


@entry_point
def run_stages(
    model: Forecaster,
    data: CloseDataModule,
    processes: Processes | None = None,
    on_stage: Callable[[StageResult], object] | None = None,
    **options: Any,
) -> AuditResult:
    """The result of all stages.

    Args:
        model: as in :func:`~cryptoforecast.audit.run.audit`.
        data: as there.
        processes: as in :func:`audit_stages`.
        on_stage: called with each stage as soon as it is found equal.
        options: further ones of :func:`audit_stages`.

    Raises:
        LookAhead: naming the first stage that differs.
    """
    with record_opened_files():
        cached = cached_for(model, data)
        stages = []
        for stage in audit_stages(model, cached, processes=processes, **options):
            stages.append(stage)
            if on_stage is not None:
                on_stage(stage)
    return result_of(model, cached, stages)


def audit_stages(
    model: Forecaster,
    data: CloseDataModule,
    steps: int = STEPS,
    seed: int = 0,
    processes: Processes | None = None,
    **trainer: Any,
) -> Iterator[StageResult]:
    """The stages of :func:`~cryptoforecast.audit.run.audit`, each as soon as it is found equal.

    Args:
        model: as there.
        data: as there.
        steps: as there.
        seed: as there.
        processes: build the counterfactuals; by default they are built in this process, of the model as it was made.
        trainer: as there.
    """

    def train_on(changed: CloseDataModule) -> ShortTraining:
        return learn(model, changed, steps, seed, **trainer)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several threads would not always add up in the same order
    try:
        with isolate_rng(), record_opened_files() as journal:
            before = opened_so_far()
            journal[:0] = [event for event in before if event not in journal]
            yield from _Comparison(model, data, train_on, seed, processes, journal).stages(steps)
    finally:
        torch.set_num_threads(threads)


class _Comparison:
    """The original data and their counterfactuals, one for each border."""

    def __init__(
        self, model: Forecaster, data: CloseDataModule, train_on: TrainOn, seed: int, processes: Processes | None,
        journal: list[Opened],
    ) -> None:  # fmt: skip
        self.model, self.train_on, self.seed, self.processes, self.journal = model, train_on, seed, processes, journal
        self.data = cached_for(model, data)
        self.borders = borders_of(self.data)

    def stages(self, steps: int) -> Iterator[StageResult]:
        model, data, sources = self.model, self.data, self._sources
        alterations, checked = check_source(data, self.borders)
        yield checked
        built = [self._build(altered, border) for altered, border in zip(alterations, self.borders, strict=True)]
        known = read(data, self.seed)
        yield check_series(known, built)
        yield check_windows(known, built, data, self.seed)
        require_untrained_behind(model, self.borders)
        learned, trained = train(self.train_on, data, self.borders)
        files = [file for source in sources for file in files_of(source.source)]
        for counterfactual in built:
            counterfactual.train()
        require_unread(self._opened, files, "scaling")
        yield check_scaling(model, known, learned, built)
        require_unread(self._opened, files, "training")
        doubts = doubts_of(self._opened, files, data.series, self.borders, model)
        unaltered = alterations[0]._replace(border=None, series=[source.series for source in sources])

        def train_again(counterfactual: Counterfactual) -> TrainedOutputs:
            return self._build(unaltered, counterfactual.border).train()

        checked = check_training(model, steps, learned, built, train_again)
        yield checked._replace(unchecked="; ".join([*doubts, *(self.processes.doubts if self.processes else [])]))
        checked = check_forecasts(trained, learned, built, data)
        require_unread(self._opened, files, "forecast")
        yield checked

    @property
    def _sources(self) -> list[CachedSource]:
        sources: Any = self.data.source
        return list(sources)

    @property
    def _opened(self) -> list[Opened]:
        """What this process and the fresh ones have opened so far."""
        return [*self.journal, *(self.processes.opened if self.processes else [])]

    def _build(self, altered: Alteration, border: pd.Timestamp) -> Counterfactual:
        here = self._build_here(altered, border)
        return here if self.processes is None else self.processes.counterfactual(altered, border, here)

    def _build_here(self, altered: Alteration, border: pd.Timestamp) -> Counterfactual:
        """A counterfactual that is built in this process, when it is asked for."""

        @cache
        def data() -> CloseDataModule:
            pairs = zip(self._sources, altered.series, strict=True)
            cached = [CachedSource(source.source, series, source.further) for source, series in pairs]
            changed = with_sources(self.data, cached, **altered.cut)
            changed.setup("fit")
            return changed

        return Counterfactual(
            border, cache(lambda: read(data(), self.seed)), cache(lambda: train(self.train_on, data(), [border])[0])
        )


def borders_of(data: CloseDataModule) -> list[pd.Timestamp]:
    """The time of the first validation target, and of the first test target if there is one."""
    return [data.first_target_time(members) for members in (data.fold.val, data.fold.test) if len(members)]
