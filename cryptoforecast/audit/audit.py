"""The look-ahead audit: everything is built again, with garbage in the place of the future."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from lightning.pytorch.utilities.seed import isolate_rng

from cryptoforecast.audit.altered import Altered, AlteredSource, Remembered, files_of, remember, with_sources
from cryptoforecast.audit.built import World, read, train
from cryptoforecast.audit.garbage import with_garbage
from cryptoforecast.audit.learning import Learned, learn
from cryptoforecast.audit.lookahead import Checked, LookAhead, difference
from cryptoforecast.audit.readers import doubts_of, require_unread, require_untrained_behind
from cryptoforecast.audit.stages import (
    check_forecasts,
    check_scaling,
    check_series,
    check_training,
    check_windows,
)
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.user_code.opened_files import Opened, noted, noted_so_far

STEPS = 20
SPREAD = 5  # further days from which on a source's files are altered
MOST_HOLES = 25  # stretches of closes that stand in no file, each looked at by itself


@runtime_checkable
class FreshProcess(Protocol):
    """What builds worlds in processes of their own, in which the altered files stand in the place of the real ones."""

    doubts: list[str]  # why one could not

    @property
    def opened(self) -> list[Opened]:
        """What the processes have opened, each file under its real name."""

    def world(self, altered: Altered, border: pd.Timestamp, here: World) -> World:
        """A world that is built from the import of the user's modules on; or ``here``, where that cannot be."""


def audit(
    model: Forecaster,
    data: CloseDataModule,
    steps: int = STEPS,
    seed: int = 0,
    fresh: FreshProcess | None = None,
    **trainer: Any,
) -> Iterator[Checked]:
    """Compare, stage by stage, what is built from the closes with what is built where the future is garbage.

    The future begins with the first validation target, and in a second comparison with the first test target.

    Args:
        model: a new one, or one with weights to go on from; it stays as it is.
        data: any sources, lengths and borders.
        steps: optimizer steps to train for.
        seed: of training.
        fresh: builds worlds in processes of their own. By default they are built in this one, of the model as it has
            been made: what it learned when it was, or its module when it was imported, is the same in all of them.
        trainer: options of the Trainer's that bear on training, such as ``gradient_clip_val``.

    Yields:
        Each stage that is equal, with what was compared.

    Raises:
        LookAhead: naming the first stage that differs.
        UserError: if the closes cannot be loaded or cut.

    >>> from cryptoforecast import LSTM, CsvSource
    >>> for checked in audit(LSTM(), CloseDataModule(CsvSource("BTC-USD.csv"))):  # doctest: +SKIP
    ...     print(checked.stage, checked.compared)
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the order in which several would add up is not always the same
    try:
        with isolate_rng(), noted() as journal:
            before = noted_so_far()
            journal[:0] = [one for one in before if one not in journal]
            yield from _stages(model, data, journal, lambda one: learn(model, one, steps, seed, **trainer), steps, seed,
                               fresh)  # fmt: skip
    finally:
        torch.set_num_threads(threads)


def _stages(
    model: Forecaster,
    data: CloseDataModule,
    journal: list[Opened],
    learn: Callable[[CloseDataModule], Learned],
    steps: int,
    seed: int,
    fresh: FreshProcess | None,
) -> Iterator[Checked]:
    original = remember(data)
    original.setup("fit")
    borders = _borders(original)
    altered, checked = _source(original, borders)
    yield checked

    def make(one: Altered, border: pd.Timestamp) -> World:
        here = _here(original, one, border, learn, seed)
        return here if fresh is None else fresh.world(one, border, here)

    worlds = [make(one, border) for one, border in zip(altered, borders, strict=True)]
    known = read(original, seed)
    yield check_series(known, worlds)
    yield check_windows(known, worlds, original, seed)
    require_untrained_behind(model, borders)
    learned, trained = train(learn, original, borders)
    sources: Any = original.source
    files = [file for source in sources for file in files_of(source.source)]

    def opened() -> list[Opened]:
        return [*journal, *(fresh.opened if fresh else [])]

    [world.train() for world in worlds]
    require_unread(opened(), files, "scaling")
    yield check_scaling(model, known, learned, worlds)
    require_unread(opened(), files, "training")
    doubts = doubts_of(opened(), files, original.series, borders, model)
    as_it_is = altered[0]._replace(border=None, series=[source.series for source in sources])
    checked = check_training(model, steps, learned, worlds, lambda world: make(as_it_is, world.border).train())
    yield checked._replace(unchecked="; ".join([*doubts, *(fresh.doubts if fresh else [])]))
    checked = check_forecasts(trained, learned, worlds, original)
    require_unread(opened(), files, "forecast")
    yield checked


def _borders(data: CloseDataModule) -> list[pd.Timestamp]:
    """The time of the first validation target, and of the first test target if there is one."""
    return [data.first_target_time(members) for members in (data.fold.val, data.fold.test) if len(members)]


def _here(
    original: CloseDataModule,
    altered: Altered,
    border: pd.Timestamp,
    learn: Callable[[CloseDataModule], Learned],
    seed: int,
) -> World:
    """A world that is built in this process, when it is asked for."""

    @cache
    def data() -> CloseDataModule:
        sources: Any = original.source
        again = [Remembered(one.source, series) for one, series in zip(sources, altered.series, strict=True)]
        changed = with_sources(original, again, **altered.cut)
        changed.setup("fit")
        return changed

    return World(border, cache(lambda: read(data(), seed)), cache(lambda: train(learn, data(), [border])[0]))


def _source(data: CloseDataModule, borders: list[pd.Timestamp]) -> tuple[list[Altered], Checked]:
    """Ask each source again, with garbage in its files; of one without files, its series is altered instead."""
    cut: dict[str, Any] = {"val_from": borders[0].isoformat(), "test_from": data.test_from}
    if len(borders) > 1:  # as dates, for a border given as a fraction would move if a source left garbage out
        cut["test_from"] = borders[1].isoformat()
    altered = [Altered(border, [], [], [], cut) for border in borders]
    compared, unchecked = [], []
    sources: Any = data.source
    for known in sources:
        name, series = known.series.closes.name, known.series
        try:
            source = AlteredSource(known.source)
            others, count = _ask_again(source, series, borders, data.columns[1:])
            compared.append(f"{len(series.closes):,} closes of {name}, with garbage in its files from {count} days on")
            asked = True
        except LookAhead:
            raise
        except UserError as reason:
            others, asked = {border: with_garbage(series, border) for border in borders}, False
            unchecked.append(f"{name}: {str(reason).rstrip('.')}")
        for one, border in zip(altered, borders, strict=True):
            one.files.extend([source] if asked else [])
            one.series.append(others[border])
            one.asked.append(asked)
    return altered, Checked("source", "; ".join(compared), "; ".join(unchecked))


def _ask_again(
    source: AlteredSource, series: CloseSeries, borders: list[pd.Timestamp], further: tuple[str, ...]
) -> tuple[dict[pd.Timestamp, CloseSeries], int]:
    """What the source says where its files are garbage from a border on; borders of our own are looked at too.

    Raises:
        LookAhead: naming the close that has changed before its border.
        UserError: if the source did not notice the garbage.
    """
    times = pd.DatetimeIndex(series.closes.index)
    holes = source.holes(times, series.interval)[:MOST_HOLES]
    spread = [times[at] for at in np.linspace(1, len(times) - 1, SPREAD + 2).astype(int)[1:-1]]
    answers = {}
    every = dict.fromkeys([*borders, *holes, *spread])
    for border in every:
        other = source.load(border, further)  # rows stamped later within the bar before are that bar's
        if what := difference(series, other, border):
            who = type(source.source).__name__
            raise LookAhead("source", f"{who}: {what}, by what the rows from {say_time(border)} on hold")
        answers[border] = other
    last = times[-1]
    if last >= borders[0] and difference(series, answers[borders[0]], series.interval.after(last, 1)[0]) is None:
        raise UserError(f"garbage in {source.names} changes no close, so they come from elsewhere")
    return {border: answers[border] for border in borders}, len(every)
