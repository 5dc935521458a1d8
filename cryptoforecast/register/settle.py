"""``settle``: the forecasts of a register that have come true since, scored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.errors import UsageError
from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.tries import Place, Tried
from cryptoforecast.evaluation.verdict import judge
from cryptoforecast.formatting import count_of
from cryptoforecast.register.chain import find_head, read_register
from cryptoforecast.register.checks import Scored, check_promises, common_rungs, missing_bars, read_promises
from cryptoforecast.register.promises import SYSTEM_CLOCK, rows_of
from cryptoforecast.register.run import REGISTER
from cryptoforecast.register.settled import Settled
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.arguments import value_of
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home

MOST_MISSING = 0.05  # share of the bars between a model's first and last; with more, nothing is claimed


def settle(
    path: str | Path = REGISTER,
    *,
    run: Any = None,
    source: Any = None,
    head: str | None = None,
    now: datetime | None = None,
    **options: Any,
) -> Settled:
    """Score the forecasts of a register that have come true, as ``python -m cryptoforecast settle`` does.

    Each model is judged as by ``test``, beside the random walk and the rungs' quantiles that were registered in the
    same lines; each step of a line is scored once its bar is there. Each name in the register is a try, for which
    claims are corrected. They are also corrected for looking again and again: the level holds at any time, see
    :func:`~cryptoforecast.evaluation.repeated_looks.level_at_any_time`.

    Args:
        path: the register.
        run: a run, a run folder or a checkpoint, whose source has the closes.
        source: the closes, in the place of those of the run; of several series a list.
        head: a hash that was published after a registration; found, no line up to it was removed or changed since.
        now: no bar that is not over by then is used; by default the time of the clock.
        options: options of the data by their names.

    Returns:
        The verdicts, the lines that are not as they should be, and what is open.

    Raises:
        UserError: if there is no such register, or the closes cannot be read.

    >>> settle("register.jsonl", run="runs/btc/version_0").sentence  # doctest: +SKIP
    """
    checkpoint = None if run is None else checkpoint_of_run(run)
    call = call_of("predict", source=source, ckpt_path=checkpoint, **options)
    with quiet_libraries(), refusals_in_one_sentence():
        return settle_words(call.words, call.objects, path=path, head=head, now=now)


def settle_words(
    words: Sequence[str],
    objects: Mapping[str, Any] | None = None,
    *,
    path: str | Path = REGISTER,
    head: str | None = None,
    now: datetime | None = None,
) -> Settled:
    """Settle with the closes that a command line of ``predict`` names; see :func:`settle`."""
    file = expand_home(str(path))
    chain = read_register(file)
    problems = list(chain.problems)
    if head is not None and (lost := find_head(chain, head)) is not None:
        problems.append(lost)
    promises, unread = read_promises(chain) if not chain.problems else ([], [])
    if problems or not promises:
        return Settled(file, chain.head, len(chain.records), 0, 0, {}, {}, problems + unread, pd.DataFrame())
    data = _data_of(words, objects)
    closes = {str(series.closes.name): _until(series, now) for series in data.series}
    checked = check_promises(promises, closes)
    found = sorted([*unread, *checked.problems])
    bad = {problem.line for problem in found}
    valid = [promise for promise in promises if promise.line not in bad]
    settled = Settled(file, chain.head, len(chain.records), checked.open, checked.absent, {}, {}, found, pd.DataFrame())
    parts = []
    names = list(dict.fromkeys(promise.name for promise in promises))
    for number, name in enumerate(names, start=1):
        missing = missing_bars([promise for promise in valid if promise.name == name], closes)
        settled.remarks[name] = [_say_missing(name, *missing)] if missing[0] else []
        scored = [part for part in checked.scored if part.promise.name == name]
        if scored:
            origins = len({part.promise.origin for part in scored})
            place = Place(number, number, Tried(len(names), len(names)), origins)
            parts.append(_judge(settled, scored, place, missing, data))
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return replace(settled, rows=rows)


def _judge(
    settled: Settled, scored: Sequence[Scored], place: Place, missing: tuple[int, int], data: CloseDataModule
) -> pd.DataFrame:
    """Put the verdict on a model into a result, and return the rows that it is on."""
    name, rungs = scored[0].promise.name, common_rungs(scored)
    dropped = sorted({rung for part in scored for rung in part.promise.rungs} - {*rungs, name})
    if dropped:
        remark = f"{', '.join(dropped)} stands in some lines of {name} only, and is left out."
        settled.remarks[name].append(remark)
    rows = pd.concat([rows_of(part.promise, part.actual, rungs) for part in scored], ignore_index=True)
    first = (rows["model"] != name).to_numpy()
    rows = rows.iloc[first.argsort(kind="stable")].reset_index(drop=True)
    note_quantity(rows, data.series[0].quantity)
    simulated = any(part.promise.simulated for part in scored) or data.simulated
    flattered_by = _why_nothing_is_claimed(scored, missing, simulated)
    settled.verdicts[name] = judge(rows, "test", simulated, place, flattered_by)
    return rows.assign(judged=name)


def _why_nothing_is_claimed(scored: Sequence[Scored], missing: tuple[int, int], simulated: bool) -> str:
    """Why nothing may be claimed, as words after "…, but"; empty if it may."""
    given = sum(part.promise.clock != SYSTEM_CLOCK for part in scored)
    if given and not simulated:
        return f"the time of {count_of(given, 'line')} was given by hand, which proves nothing"
    if missing[0] > MOST_MISSING * missing[1]:
        spoken = f"it was registered at {missing[1] - missing[0]:,} of {missing[1]:,} bars"
        return f"{spoken}, which may have been chosen"
    return ""


def _say_missing(name: str, missing: int, count: int) -> str:
    return (
        f"{name} was registered at {count - missing:,} of the {count:,} bars between its first and its last, and "
        "those may have been chosen."
    )


def _data_of(words: Sequence[str], objects: Mapping[str, Any] | None) -> CloseDataModule:
    """The data that a command line names, loaded; without a checkpoint, a bar of context is enough."""
    named = list(words)
    if value_of("--ckpt_path", named) is None:
        if not any(word.startswith(("--data.source", "--config")) for word in named):
            raise UsageError("settle needs the closes: --ckpt_path, a run that has them, or --data.source.")
        named = [named[0], "--model=RandomWalk", "--data.context_length=1", *named[1:]]
    made = make(named, CommandLine, objects=objects)
    data: CloseDataModule = made.datamodule
    data.setup("predict")
    return data


def _until(series: CloseSeries, now: datetime | None) -> CloseSeries:
    """The series without the bars that are not over at a time that was given."""
    if now is None:
        return series
    over = series.interval.ends(pd.DatetimeIndex(series.closes.index)) <= pd.Timestamp(now)
    return series._replace(closes=series.closes[over])
