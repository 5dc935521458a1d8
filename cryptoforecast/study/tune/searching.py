"""A search in a folder: trials are suggested, fitted and told until there are enough; nothing is tested here."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.study.command import BacktestCommandLine, make_backtest
from cryptoforecast.study.curves import VALUES
from cryptoforecast.study.engines.engine import Engine
from cryptoforecast.study.fit import TRIALS, UNFINISHED, Fit, finished
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.study.progress import Say
from cryptoforecast.study.queue import carry_out
from cryptoforecast.study.record import SEARCH, begin_or_go_on, record_of
from cryptoforecast.study.tune.ended import trials_of, value_of
from cryptoforecast.study.tune.journal import Journal
from cryptoforecast.study.tune.progress import TrialLines
from cryptoforecast.study.tune.result import TuneResult
from cryptoforecast.study.tune.samplers import PRUNERS, SAMPLERS, require_known, require_optuna
from cryptoforecast.study.tune.search_space import corners, read_search_space
from cryptoforecast.training.trial_entries import enter_trial
from cryptoforecast.user_code.source_files import source_code_of

SKILL, DENSITY_SKILL = "val/skill", "val/density_skill"


class Search(NamedTuple):
    """What is searched, and how; see :func:`~cryptoforecast.tune`."""

    space: Mapping[str, Any]
    trials: int
    sampler: str = "tpe"
    pruner: str = "none"
    objective: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What the trials depend on, as plain values; their number is no part of it, as there may be more later."""
        named = {"sampler": self.sampler, "pruner": self.pruner, "objective": self.objective}
        return {"search": repr(dict(self.space)), **named}


def make_search(search: str | Path | Mapping[str, Any], trials: int, **how: Any) -> Search:
    """A search, read and checked.

    Args:
        search: a file or a dictionary that says what is searched.
        trials: how many.
        how: ``sampler``, ``pruner`` and ``objective``.

    Raises:
        UserError: naming the option that is not as it should be.
    """
    found = Search(read_search_space(search), trials, **how)
    require_known("sampler", found.sampler, SAMPLERS)
    require_known("pruner", found.pruner, PRUNERS)
    if trials < 1:
        raise UsageError(f"--trials is {trials}; it must be at least 1.")
    require_optuna()
    return found


def with_objective(search: Search, made: BacktestCommandLine) -> Search:
    """The search with its objective, by default that of the model."""
    usual = SKILL if says_distribution(made.model) is not True else DENSITY_SKILL
    return search._replace(objective=search.objective or usual)


def add_ways_to_search(parser: argparse.ArgumentParser) -> None:
    """Add the options of a search beside what is searched and how often.

    Args:
        parser: the verb's.

    >>> parser = argparse.ArgumentParser()
    >>> add_ways_to_search(parser)
    >>> parser.parse_args(["--sampler=random"])
    Namespace(sampler='random', pruner='none', objective=None)
    """
    parser.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="what suggests trials")
    parser.add_argument("--pruner", choices=PRUNERS, default="none", help="what ends trials that look hopeless")
    parser.add_argument("--objective", metavar="CURVE", help="by default val/skill, or val/density_skill")


def require_pruner(search: Search, engine: Engine) -> None:
    """Refuse a pruner where fits tell no values.

    Raises:
        UsageError: saying what to set instead.
    """
    if search.pruner != "none" and not engine.reports:
        raise UsageError(f"--pruner {search.pruner}: fits on this engine tell no values; use --engine local, or none.")


def try_corners(words: Sequence[str], search: Search, objects: Any = None) -> list[tuple[str, BacktestCommandLine]]:
    """Let the parser try the ends of all ranges and every choice, before the first trial; words, and what they make.

    Raises:
        UserError: naming the options that are refused.
    """
    tried = list[tuple[str, BacktestCommandLine]]()
    for corner in corners(search.space):
        try:
            tried.append((" ".join(corner), make_backtest([*words, *corner], objects)))
        except UserError as problem:
            raise type(problem)(f"search, with {' '.join(corner)}: {problem}") from None
    return tried


def search_in(
    folder: Path, words: Sequence[str], made: BacktestCommandLine, search: Search, engine: Engine, say: Say,
    heading: str, is_counted: bool = True,
) -> TuneResult:  # fmt: skip
    """The trials of a search, of which those that had ended before are kept.

    Args:
        folder: of the search, in which no other process is at work.
        words: the options of ``fit`` for all trials.
        made: what they ask for, set up.
        search: with its objective.
        engine: what carries out the fits.
        say: prints a line.
        heading: what is printed first, if the folder holds no other search.
        is_counted: whether each trial is a try in the ledger.
    """
    assert search.objective is not None
    code = source_code_of(made.model, made.datamodule.source, type(made.datamodule), made.settings)
    device = type(made.trainer.accelerator).__name__
    record = record_of(search.options, made.settings, made.datamodule, code, device, [])
    begin_or_go_on(folder, record, SEARCH)
    say(heading)
    maximise = _is_maximised(search.objective, made)
    journal = Journal(folder, search.space, maximise, search.sampler, search.pruner, made.seed)
    queue = _Trials(words, made.seed, journal, folder, search, is_counted)
    with TrialLines(journal, search.trials, say) as shown:
        carry_out(queue.fits(), engine, shown)
    trials = trials_of(journal, folder)[: search.trials]
    return TuneResult(trials, search.objective, maximise, None, None, folder)


class _Trials:
    """The fits of a search, each suggested when a worker is free for it: what has ended by then is learned from."""

    def __init__(
        self, words: Sequence[str], seed: int, journal: Journal, folder: Path, search: Search, is_counted: bool
    ) -> None:
        self._words, self._seed, self._journal = list(words), seed, journal
        self._folder, self._search, self._is_counted = folder, search, is_counted

    def fits(self) -> Iterator[Fit]:
        """The fits of the trials that have not ended."""
        for order in range(self._search.trials):
            if order in self._journal.trials:
                continue
            words = [*self._words, *self._journal.ask(order)]
            try:
                fit = self._fit_of(order, words)
            except UserError as problem:
                self._journal.tell(order, None, str(problem))
                continue
            if (finished(fit) / VALUES).is_file():  # the search ended before it was told
                value, pruned = value_of(finished(fit))
                self._journal.tell(order, value, pruned=pruned)
                continue
            yield fit

    def _fit_of(self, order: int, words: list[str]) -> Fit:
        """A trial as a fit, which is entered in the ledger."""
        made = make_backtest(words)
        data, name = made.datamodule, f"trial_{order}"
        code = source_code_of(made.model, data.source, type(data), made.settings)
        fit = Fit(
            None, self._seed, words, [series.provenance.sha256 for series in data.series],
            self._folder / UNFINISHED / name, code.hashes, made.text, variant=f"trial {order}",
            parsed=parsed_options(made), objective=str(self._search.objective),
        )  # fmt: skip
        if self._is_counted:
            enter_trial(made.model, data, made.settings, self._seed, self._folder / TRIALS / name, code)
        return fit


def _is_maximised(objective: str, made: BacktestCommandLine) -> bool:
    if objective == made.model.monitor:
        return bool(made.model.monitor_mode == "max")
    return objective.endswith("skill")
