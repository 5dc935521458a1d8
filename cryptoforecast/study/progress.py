"""What is printed while the fits of a walk are carried out: a line for each that ends, and what runs below."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import numpy as np

from cryptoforecast.data.times import say_time
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.walk_forward.scores import skill_of
from cryptoforecast.formatting import format_number
from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.fit import Fit, rows_of
from cryptoforecast.study.live import LiveStatus

Say = Callable[[str], None]


def say_nothing(line: str) -> None:
    """Print nothing, where no progress is wanted."""


def say_at_once(line: str) -> None:
    """Print a line that is seen before the next one is known."""
    print(line, flush=True)


class Progress:
    """Prints a line for each fit of a queue that ends; on a terminal or in a notebook a table below says what runs.

    Args:
        fits: all, also those that were finished before.
        say: prints a line.
    """

    def __init__(self, fits: Sequence[Fit], say: Say) -> None:
        self.left = [fit for fit in fits if not rows_of(fit).exists()]
        self._say = say
        self._skills: dict[str, list[float]] = {}
        self._names = max((len(fit.variant) for fit in fits), default=0)
        self._status = LiveStatus(len(fits), len(fits) - len(self.left), say is say_at_once, self._best)

    def __enter__(self) -> Self:
        if self._status.done:
            self._say(f"kept     {self._status.done} of {self._status.total} fits, finished before")
        variant = f"  {'variant':<{self._names}}" if self._names else ""
        self._say(f"\n{'fit':>9}{variant}{'fold':>6}{'seed':>6}  {'test part':<26}{'skill':>9}{'seconds':>9}")
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()
        if kind is KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{self._status.done} of {self._status.total} fits are kept; the same command goes on with the others."
            ) from None

    def started(self, fit: Fit) -> None:
        """Note that a fit runs."""
        self._status.started(fit)

    def ended(self, ended: Ended) -> None:
        """Print how a fit went."""
        fit, fold = ended.fit, ended.fit.fold
        assert fold is not None  # every fit of a walk is of one
        self._status.ended(fit, failed=ended.failure is not None)
        variant = f"  {fit.variant:<{self._names}}" if self._names else ""
        if ended.failure is not None:
            self._say(f"{'failed':>9}{variant}{fold.number:>6}{fit.seed:>6}  {ended.failure}")
            return
        skill = skill_of(read_written_rows(rows_of(fit)))
        self._skills.setdefault(fit.variant, []).append(skill)
        part = f"{say_time(fold.test_from)} to {say_time(fold.end)}"
        self._say(
            f"{f'{self._status.done}/{self._status.total}':>9}{variant}{fold.number:>6}{fit.seed:>6}  {part:<26}"
            f"{format_number(skill, '+.4f'):>9}{ended.seconds:>9.1f}"
        )

    def goes_on(self, reported: Reported) -> bool:
        """Let every fit go on: none of a walk is pruned."""
        return True

    def _best(self) -> str:
        """The variant with the highest mean skill so far."""
        if not self._skills or not self._names:
            return ""
        best, skills = max(self._skills.items(), key=lambda item: float(np.mean(item[1])))
        return f"{best} {format_number(float(np.mean(skills)), '+.4f')}"
