"""What a search prints while trials run: a line for each that ends; and what it tells the journal of it."""

from types import TracebackType
from typing import Self

from cryptoforecast.formatting import format_number
from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.fit import Fit, finished
from cryptoforecast.study.live import LiveStatus
from cryptoforecast.study.progress import Say, say_at_once
from cryptoforecast.study.tune.ended import value_of
from cryptoforecast.study.tune.journal import Journal
from cryptoforecast.study.tune.result import written


class TrialLines:
    """Tells the journal how each trial has ended, and prints a line.

    Args:
        journal: of the search.
        trials: how many there are to be.
        say: prints a line.
    """

    def __init__(self, journal: Journal, trials: int, say: Say) -> None:
        self._journal, self._trials, self._say = journal, trials, say
        ended = sum(order < trials for order in journal.trials)
        self._status = LiveStatus(trials, ended, say is say_at_once, self._best)

    def __enter__(self) -> Self:
        if self._status.done:
            self._say(f"kept     {self._status.done} of {self._trials} trials, ended before")
        self._say(f"\n{'trial':>9}{'value':>11}{'best':>11}{'seconds':>9}  parameters")
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()
        if kind is KeyboardInterrupt:
            kept = len(self._journal.trials)
            raise KeyboardInterrupt(
                f"{kept} of {self._trials} trials are kept; the same command goes on with the others."
            ) from None

    def started(self, fit: Fit) -> None:
        """Note that a trial runs."""
        self._status.started(fit)

    def goes_on(self, reported: Reported) -> bool:
        """Whether the pruner lets a trial go on."""
        return self._journal.goes_on(_order(reported.fit), reported.values)

    def ended(self, ended: Ended) -> None:
        """Tell the journal, and print how the trial went."""
        order, name = _order(ended.fit), f"{_order(ended.fit)}"
        self._status.ended(ended.fit, failed=ended.failure is not None)
        if ended.failure is not None:
            self._journal.tell(order, None, ended.failure)
            self._say(f"{name:>9}{'failed':>11}  {ended.failure}")
            return
        value, pruned = value_of(finished(ended.fit))
        self._journal.tell(order, value, pruned=pruned)
        parameters = " ".join(f"{key}={written(item)}" for key, item in self._journal.trials[order].params.items())
        shown = "pruned" if pruned else format_number(value, "+.4f")
        self._say(f"{name:>9}{shown:>11}{self._best() or '–':>11}{ended.seconds:>9.1f}  {parameters}")

    def _best(self) -> str:
        """The best value so far."""
        best = self._journal.best_value
        return "" if best is None else format_number(best, "+.4f")


def _order(fit: Fit) -> int:
    return int(fit.folder.name.rpartition("_")[2])
