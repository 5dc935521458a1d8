"""What is done, what runs and how long the rest takes: below the printed lines on a terminal, above in a notebook."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cryptoforecast.study.fit import Fit

REFRESH = 2  # times a second


class LiveStatus:
    """A display beside the printed lines while fits run, on a terminal or in a notebook alone.

    Args:
        total: how many fits there are.
        done: how many of them were finished before.
        shows: whether anything is to be seen.
        best: says what is best so far; empty where that is not known yet.
        console: where it is shown.

    Attributes:
        done: how many are finished.
        failed: how many have failed.
    """

    def __init__(
        self, total: int, done: int, shows: bool, best: Callable[[], str], console: Console | None = None
    ) -> None:
        self.total, self.done, self.failed = total, done, 0
        self._best, self._fresh, self._began = best, 0, time.monotonic()
        self._running: dict[str, float] = {}  # when each began, by its name
        self._display: Live | NotebookDisplay | None = None
        console = console or Console()
        if shows and console.is_jupyter:
            self._display = NotebookDisplay(self.text)
        elif shows and console.is_terminal:
            self._display = Live(console=console, get_renderable=self.text, refresh_per_second=REFRESH, transient=True)

    def start(self) -> None:
        """Show it from now on."""
        if self._display is not None:
            self._display.start()

    def stop(self) -> None:
        """Take it away; in a notebook, leave what it says."""
        if self._display is not None:
            self._display.stop()

    def started(self, fit: Fit) -> None:
        """Note that a fit runs."""
        self._running[str(fit)] = time.monotonic()
        self._refresh()

    def ended(self, fit: Fit, failed: bool) -> None:
        """Note that a fit has ended."""
        self._running.pop(str(fit), None)
        self._fresh += 1
        if failed:
            self.failed += 1
        else:
            self.done += 1
        self._refresh()

    def _refresh(self) -> None:
        """Show in a notebook what has changed; a terminal is refreshed by itself."""
        if isinstance(self._display, NotebookDisplay):
            self._display.refresh()

    def text(self) -> Text:
        """How many are done, the best so far, the time that the rest takes at this pace, and each fit that runs."""
        now = time.monotonic()
        parts = [f"{self.done} of {self.total} done, {self.failed} failed"]
        if best := self._best():
            parts.append(f"best so far {best}")
        if self._fresh and (left := self.total - self.done - self.failed):
            parts.append(f"{say_seconds((now - self._began) / self._fresh * left)} left")
        if isinstance(self._display, NotebookDisplay):  # it stands still from fit to fit, and seconds do not
            running = [f"  {name}" for name in self._running]
        else:
            running = [f"  {name}: {say_seconds(now - began)}" for name, began in self._running.items()]
        return Text("\n".join(["; ".join(parts), *running]))


class NotebookDisplay:
    """A display in the output of a notebook's cell, by IPython alone; Rich would take ipywidgets.

    Args:
        text: says what is shown.
    """

    def __init__(self, text: Callable[[], Text]) -> None:
        self._text = text
        self._handle: Any = None

    def start(self) -> None:
        """Show it, above what is printed from now on."""
        from IPython.display import display  # it is there wherever a notebook is

        self._handle = display(self, display_id=True)

    def refresh(self) -> None:
        """Show the text as it is now."""
        if self._handle is not None:
            self._handle.update(self)

    stop = refresh

    def __repr__(self) -> str:
        return self._text().plain


def say_seconds(seconds: float) -> str:
    """A duration in words.

    >>> [say_seconds(value) for value in (8.4, 75, 7400)]
    ['8 s', '1 min 15 s', '2 h 3 min']
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
