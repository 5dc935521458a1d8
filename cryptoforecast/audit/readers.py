"""Who reads the files of the closes, or files that may hold the same closes, outside of a source's loading."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from cryptoforecast.audit.lookahead import LookAhead
from cryptoforecast.audit.traces import Traces
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.models.checkpoints.loaded_parts import files_in_arguments, prior_training_in_file, prior_training_of
from cryptoforecast.models.checkpoints.prior_training import PriorTraining, Split
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.user_code.opened_files import (
    CODE,
    FILE_EVENTS,
    NETWORK_EVENTS,
    PROGRAM_EVENTS,
    Opened,
    recording_paused,
)

MOST_NAMED = 5  # files that nobody can see into, and are named


def require_unread(opened: Iterable[Opened], files: Iterable[Path], stage: str) -> None:
    """See that none of a source's files was opened but while a source was loaded.

    Args:
        opened: what was.
        files: the source's.
        stage: what is looked at now; at ``scaling``, only what scalings have opened.

    Raises:
        LookAhead: naming what has opened one.
    """
    known = {os.path.realpath(file) for file in files}
    for entry in opened:
        if entry.in_load or (stage == "scaling" and not entry.by_scaling):
            continue
        name = next((Path(file).name for file in known if _names(entry, file)), None)
        if name is not None:
            who = entry.who or "something"
            how = f"runs {entry.path!r} on" if entry.event in PROGRAM_EVENTS else "reads"
            raise LookAhead(stage, f"{who} {how} {name} itself, whose rows behind the border are then in its reach")


def require_untrained_behind(
    model: Forecaster, borders: Sequence[pd.Timestamp], trained: Sequence[PriorTraining] | None = None
) -> None:
    """See that nothing a model is made of has been fitted or chosen on closes behind a border.

    Args:
        model: the model.
        borders: the first validation target's time, and the first test target's.
        trained: what has been; by default all that the model is known to have taken something from.

    Raises:
        LookAhead: naming the checkpoint.
    """
    splits: tuple[Split, ...] = ("val", "test")
    for split, border in zip(splits, borders, strict=False):
        for entry in prior_training_of(model) if trained is None else trained:
            until = entry.until(split)
            if until is not None and until >= border:
                done = "fitted" if split == "val" else "fitted or chosen"
                raise LookAhead(
                    "training",
                    f"{type(model).__name__} has taken something from {entry.path}, which was {done} on closes up to "
                    f"{say_time(until)}, and the {split} targets begin with {say_time(border)}",
                )


def doubts_of(
    opened: Sequence[Opened],
    files: Iterable[Path],
    series: Sequence[CloseSeries],
    borders: Sequence[pd.Timestamp],
    model: Forecaster,
) -> list[str]:
    """What else was read where no source was loaded, and may be made of closes to come: in words, each once.

    Args:
        opened: what was.
        files: the sources'.
        series: their closes.
        borders: the first validation target's time, from when on a close is in the future, and the first test target's.
        model: the model; what its arguments name, it may read in a way that nobody sees.

    Raises:
        LookAhead: naming a file that holds such closes, or a checkpoint that was trained on them.
    """
    traces, since = Traces(series, borders[0]), say_time(borders[0])
    known, name = {os.path.realpath(file) for file in files}, type(model).__name__
    if place := traces.in_environment():
        raise LookAhead("training", f"the environment variable {place} holds closes from {since} on")
    unknown = [entry.path for entry in prior_training_of(model) if entry.selected_until is None]
    doubts = [f"{path} does not say on which closes it was trained" for path in unknown]
    given = {os.path.realpath(file): f"{name} is given" for file in files_in_arguments(model)}
    for entry in _each_once(opened):
        if entry.event in FILE_EVENTS:
            given[os.path.realpath(entry.path)] = f"{entry.who} reads"
        else:
            doubts.append(f"{entry.who} {'runs' if entry.event in PROGRAM_EVENTS else 'asks'} {entry.path}")
    for file, how in given.items():
        if file in known:
            continue
        with recording_paused():
            trained, found = prior_training_in_file(file), traces.in_file(file)
        require_untrained_behind(model, borders, trained)
        if found and not trained:
            subject = "there is a module," if file.endswith(CODE) else how
            raise LookAhead("training", f"{subject} {Path(file).name}, which holds closes from {since} on")
        if not trained and not file.endswith(CODE):
            doubts.append(f"{how} {Path(file).name}")
    return _the_first(doubts)


def _the_first(doubts: list[str]) -> list[str]:
    """As many as can be read, and how many more there are."""
    more = len(doubts) - MOST_NAMED
    return [*doubts[:MOST_NAMED], *([f"there are {more} more such"] if more > 0 else [])]


def _each_once(opened: Sequence[Opened]) -> Iterator[Opened]:
    """What somebody's code has opened, and modules of it, each file once."""
    seen = set()
    for entry in opened:
        if not entry.in_load and (entry.who or entry.path.endswith(CODE)) and (entry.event, entry.path) not in seen:
            seen.add((entry.event, entry.path))
            yield entry


def _names(entry: Opened, file: str) -> bool:
    """Whether something that was opened is a file, by this name or another; or a program that was given its name."""
    if entry.event in PROGRAM_EVENTS:
        return Path(file).name in entry.path
    if entry.event in NETWORK_EVENTS:
        return False
    try:
        return os.path.realpath(entry.path) == file or os.path.samefile(entry.path, file)  # noqa: PTH121
    except OSError:
        return False
