"""Who reads what: files of the closes, and files that may hold them, opened where no source is being loaded."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.times import say_time
from cryptoforecast.evaluation.audit.lookahead import LookAhead
from cryptoforecast.evaluation.audit.traces import Traces
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.trained_before import Split, trained_before
from cryptoforecast.opened_files import CODE, FILES, NETWORK, PROGRAMS, Opened, not_noted

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
    for one in opened:
        if one.in_load or (stage == "scaling" and not one.by_scaling):
            continue
        name = next((Path(file).name for file in known if _names(one, file)), None)
        if name is not None:
            who = one.who or "something"
            how = f"runs {one.path!r} on" if one.event in PROGRAMS else "reads"
            raise LookAhead(stage, f"{who} {how} {name} itself, whose rows behind the border are then in its reach")


def require_untrained_behind(model: Forecaster, borders: Sequence[pd.Timestamp]) -> None:
    """See that nothing a model is made of has been fitted or chosen on closes behind a border.

    Args:
        model: the model.
        borders: the first validation target's time, and the first test target's.

    Raises:
        LookAhead: naming the checkpoint.
    """
    splits: tuple[Split, ...] = ("val", "test")
    for split, border in zip(splits, borders, strict=False):
        for one in trained_before(model):
            until = one.until(split)
            if until is not None and until >= border:
                done = "fitted" if split == "val" else "fitted or chosen"
                raise LookAhead(
                    "training",
                    f"{type(model).__name__} has taken something from {one.path}, which was {done} on closes up to "
                    f"{say_time(until)}, and the {split} targets begin with {say_time(border)}",
                )


def doubts_of(
    opened: Sequence[Opened], files: Iterable[Path], series: Sequence[CloseSeries], border: pd.Timestamp,
    model: Forecaster,
) -> list[str]:  # fmt: skip
    """What else was read where no source was loaded, and may be made of closes to come: in words, each once.

    Args:
        opened: what was.
        files: the sources'.
        series: their closes.
        border: from when on a close is in the future.
        model: with what was loaded for it; checkpoints that say what they were trained on are in no doubt.

    Raises:
        LookAhead: naming a file that holds such closes.
    """
    traces, known = Traces(series, border), {os.path.realpath(file) for file in files}
    trained = trained_before(model)
    told = {os.path.realpath(one.path) for one in trained if one.selected_until is not None}
    doubts = [
        f"{one.path} does not say on which closes it was trained" for one in trained if one.selected_until is None
    ]
    if place := traces.in_environment():
        raise LookAhead("training", f"the environment variable {place} holds closes from {say_time(border)} on")
    for one in _each_once(opened):
        real = os.path.realpath(one.path)
        if one.event in (*PROGRAMS, *NETWORK):
            doubts.append(f"{one.who} {'runs' if one.event in PROGRAMS else 'asks'} {one.path}")
        elif real not in known | told and one.event in FILES:
            with not_noted():
                found = traces.in_file(real)
            if found:
                raise LookAhead(
                    "training", f"{_said(one)} {Path(real).name}, which holds closes from {say_time(border)} on"
                )
            if not real.endswith(CODE):
                doubts.append(f"{one.who} reads {Path(real).name}")
    return [*doubts[:MOST_NAMED], *([f"{len(doubts) - MOST_NAMED} further files"] if len(doubts) > MOST_NAMED else [])]


def _said(one: Opened) -> str:
    return "there is a module," if one.path.endswith(CODE) else f"{one.who} reads"


def _each_once(opened: Sequence[Opened]) -> Iterator[Opened]:
    """What somebody's code has opened, and modules of it, each file once."""
    seen = set()
    for one in opened:
        if not one.in_load and (one.who or one.path.endswith(CODE)) and (one.event, one.path) not in seen:
            seen.add((one.event, one.path))
            yield one


def _names(one: Opened, file: str) -> bool:
    """Whether something that was opened is a file, by this name or another; or a program that was given its name."""
    if one.event in PROGRAMS:
        return Path(file).name in one.path
    if one.event in NETWORK:
        return False
    try:
        return os.path.realpath(one.path) == file or os.path.samefile(one.path, file)  # noqa: PTH121
    except OSError:
        return False
