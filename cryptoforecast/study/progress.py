"""What is printed while fits are carried out: a line for each that ends and, on a terminal, what is running."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.text import Text

from cryptoforecast.data.times import say_time
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.walk_forward.scores import skill_of
from cryptoforecast.formatting import format_number
from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.fit import Fit, rows_of

Say = Callable[[str], None]
REFRESH = 2  # times a second


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
        self.done, self.failed = len(fits) - len(self.left), 0
        self._total, self._say, self._began = len(fits), say, time.monotonic()
        self._running: dict[str, float] = {}  # when each began, by its name
        self._skills: dict[str, list[float]] = {}
        self._names = max((len(fit.variant) for fit in fits), default=0)
        console = Console()
        self._shows = say is say_at_once and (console.is_terminal or console.is_jupyter)
        self._live = Live(console=console, get_renderable=self._now, refresh_per_second=REFRESH, transient=True)

    def __enter__(self) -> Self:
        if self.done:
            self._say(f"kept     {self.done} of {self._total} fits, finished before")
        variant = f"  {'variant':<{self._names}}" if self._names else ""
        self._say(f"\n{'fit':>9}{variant}{'fold':>6}{'seed':>6}  {'test part':<26}{'skill':>9}{'seconds':>9}")
        if self._shows:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shows:
            self._live.stop()
        if kind is KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{self.done} of {self._total} fits are kept; the same command goes on with the others."
            ) from None

    def started(self, fit: Fit) -> None:
        """Note that a fit runs."""
        self._running[str(fit)] = time.monotonic()

    def ended(self, ended: Ended) -> None:
        """Print how a fit went."""
        fit, fold = ended.fit, ended.fit.fold
        assert fold is not None  # every fit of a walk is of one
        self._running.pop(str(fit), None)
        variant = f"  {fit.variant:<{self._names}}" if self._names else ""
        if ended.failure is not None:
            self.failed += 1
            self._say(f"{'failed':>9}{variant}{fold.number:>6}{fit.seed:>6}  {ended.failure}")
            return
        self.done += 1
        skill = skill_of(read_written_rows(rows_of(fit)))
        self._skills.setdefault(fit.variant, []).append(skill)
        part = f"{say_time(fold.test_from)} to {say_time(fold.end)}"
        self._say(
            f"{f'{self.done}/{self._total}':>9}{variant}{fold.number:>6}{fit.seed:>6}  {part:<26}"
            f"{format_number(skill, '+.4f'):>9}{ended.seconds:>9.1f}"
        )

    def goes_on(self, reported: Reported) -> bool:
        """Let every fit go on: none of a walk is pruned."""
        return True

    def _now(self) -> Text:
        """What is done, what runs, the best mean skill so far, and the time that the rest will take at this pace."""
        now, fresh = time.monotonic(), sum(map(len, self._skills.values()))
        parts = [f"{self.done} of {self._total} done, {self.failed} failed"]
        if self._skills and self._names:
            best, skills = max(self._skills.items(), key=lambda item: float(np.mean(item[1])))
            parts.append(f"best so far {best} {format_number(float(np.mean(skills)), '+.4f')}")
        if fresh:
            left = (now - self._began) / fresh * (self._total - self.done - self.failed)
            parts.append(f"{say_seconds(left)} left")
        running = [f"  {name}: {say_seconds(now - began)}" for name, began in self._running.items()]
        return Text("\n".join(["; ".join(parts), *running]))


def say_seconds(seconds: float) -> str:
    """A duration in words.

    >>> [say_seconds(value) for value in (8.4, 75, 7400)]
    ['8 s', '1 min 15 s', '2 h 3 min']
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
