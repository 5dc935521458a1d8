"""The look-ahead audit: everything is built twice, the second time with garbage in the place of the future."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning.pytorch.utilities.seed import isolate_rng

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.audit.altered import AlteredSource, Remembered, remember, with_sources
from cryptoforecast.evaluation.audit.garbage import with_garbage
from cryptoforecast.evaluation.audit.learning import Learned, learn
from cryptoforecast.evaluation.audit.lookahead import Checked, LookAhead, difference
from cryptoforecast.evaluation.audit.stages import (
    World,
    check_forecasts,
    check_scaling,
    check_series,
    check_training,
    check_windows,
)
from cryptoforecast.evaluation.audit.watch import Opened, require_unread, watched
from cryptoforecast.models.forecaster import Forecaster

STEPS = 20
SPREAD = 5  # further days from which on a source's files are altered
MOST_HOLES = 25  # stretches of closes that stand in no file, each looked at by itself


def audit(
    model: Forecaster,
    data: CloseDataModule,
    steps: int = STEPS,
    seed: int = 0,
    opened: Sequence[Opened] = (),
    **trainer: Any,
) -> Iterator[Checked]:
    """Compare, stage by stage, what is built from the closes with what is built where the future is garbage.

    The future begins with the first validation target, and in a second comparison with the first test target.

    Args:
        model: a new one, or one with weights to go on from; it stays as it is.
        data: any sources, lengths and borders.
        steps: optimizer steps to train for.
        seed: of training.
        opened: files that were opened while the model was made, see :func:`watched`.
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
        with isolate_rng(), watched() as later:
            later += opened
            yield from _stages(data, later, lambda one: learn(model, one, steps, seed, **trainer), seed)
    finally:
        torch.set_num_threads(threads)


def _stages(
    data: CloseDataModule, opened: list[Opened], learn: Callable[[CloseDataModule], Learned], seed: int
) -> Iterator[Checked]:
    original = remember(data)
    original.setup("fit")
    borders = [
        original.first_target_time(members) for members in (original.fold.val, original.fold.test) if len(members)
    ]
    altered, files, checked = _source(original, borders)
    yield checked
    cut: dict[str, Any] = {"val_from": borders[0].isoformat(), "test_from": original.test_from}
    if len(borders) > 1:  # as dates, for a border given as a fraction would move if a source left garbage out
        cut["test_from"] = borders[1].isoformat()
    worlds = [World(border, with_sources(original, altered[border], **cut)) for border in borders]
    for world in worlds:
        world.data.setup("fit")
    yield check_series(original, worlds)
    yield check_windows(original, worlds, seed)
    learned, others = learn(original), [learn(world.data) for world in worlds]
    require_unread(opened, files, "scaling")
    yield check_scaling(learned, others, original, worlds)
    require_unread(opened, files, "training")
    yield check_training(learned, others, worlds, lambda: learn(original))
    checked = check_forecasts(learned, others, original, worlds)
    require_unread(opened, files, "forecast")
    yield checked


def _source(
    data: CloseDataModule, borders: list[pd.Timestamp]
) -> tuple[dict[pd.Timestamp, list[Remembered]], list[Path], Checked]:
    """Ask each source again, with garbage in its files; of one without files, its series is altered instead."""
    altered: dict[pd.Timestamp, list[Remembered]] = {border: [] for border in borders}
    files: list[Path] = []
    compared, unchecked = [], []
    sources: Any = data.source
    for known in sources:
        name, series = known.series.closes.name, known.series
        try:
            source = AlteredSource(known.source)
            files += source.files
            others, count = _ask_again(source, series, borders, data.columns[1:])
            compared.append(f"{len(series.closes):,} closes of {name}, with garbage in its files from {count} days on")
        except LookAhead:
            raise
        except UserError as reason:
            others = {border: with_garbage(series, border) for border in borders}
            unchecked.append(f"{name}: {str(reason).rstrip('.')}")
        for border in borders:
            altered[border].append(Remembered(known.source, others[border]))
    return altered, files, Checked("source", "; ".join(compared), "; ".join(unchecked))


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
    if last >= borders[0] and difference(series, answers[borders[0]], last + series.interval) is None:
        raise UserError(f"garbage in {source.names} changes no close, so they come from elsewhere")
    return {border: answers[border] for border in borders}, len(every)
