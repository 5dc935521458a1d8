"""What a terminal shows while fits run."""

import io
import sys
import time
from types import ModuleType
from typing import Any, cast

import pytest
from rich.console import Console

from cryptoforecast.study.fit import Fit
from cryptoforecast.study.live import LiveStatus

ONE, OTHER = cast(Fit, "trial 3"), cast(Fit, "trial 4")  # of a fit, its name alone is shown


def console(is_terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100)


def printed(shown: Console) -> str:
    return cast(io.StringIO, shown.file).getvalue()


def test_the_display_says_what_is_done_what_is_best_what_runs_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    best = ""
    status = LiveStatus(6, 1, True, lambda: best, console(True))
    assert status.text().plain == "1 of 6 done, 0 failed"
    status.started(ONE)
    status.started(OTHER)
    now, best = 130.0, "+0.0051"
    status.ended(ONE, failed=False)
    now = 140.0
    status.ended(OTHER, failed=True)
    status.started(ONE)
    now = 145.0
    assert status.text().plain == "2 of 6 done, 1 failed; best so far +0.0051; 1 min 8 s left\n  trial 3: 5 s"


@pytest.mark.parametrize(("is_terminal", "shows"), [(True, True), (True, False), (False, True)])
def test_nothing_is_shown_but_on_a_terminal_where_progress_is_wanted(is_terminal: bool, shows: bool) -> None:
    screen = console(is_terminal)
    status = LiveStatus(2, 0, shows, str, screen)
    status.start()
    status.started(ONE)
    status.stop()
    assert ("0 of 2 done" in printed(screen)) == (is_terminal and shows)


class Cell:
    """The output of a notebook's cell: what is displayed in it, as it is now, and where each line was printed."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, thing: Any, display_id: bool) -> "Cell":
        assert display_id
        self.shown.append(repr(thing))
        return self

    def update(self, thing: Any) -> None:
        self.shown[-1] = repr(thing)


def test_in_a_notebook_without_widgets_each_fit_that_begins_or_ends_is_shown_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell, module = Cell(), ModuleType("IPython.display")
    module.display = cell.display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    status = LiveStatus(2, 0, True, lambda: "+0.1", Console(file=io.StringIO(), force_jupyter=True))
    status.start()
    status.started(ONE)
    assert cell.shown == ["0 of 2 done, 0 failed; best so far +0.1\n  trial 3"]
    status.ended(ONE, failed=False)
    status.ended(OTHER, failed=True)
    status.stop()
    assert cell.shown == ["1 of 2 done, 1 failed; best so far +0.1"]
