"""The order in which a queue starts fits and reports what has become of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.fit import Fit
from cryptoforecast.study.queue import carry_out


class Notes:
    """An engine whose fits end at once, in the order of their starts, and a report: both note what they are told."""

    reports = True

    def __init__(self, workers: int, failing: frozenset[int]) -> None:
        self.workers, self._failing = workers, failing
        self._running: list[Fit] = []
        self.noted: list[str] = []
        self.most_running = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        assert not self._running

    def start(self, fit: Fit) -> None:
        fit.folder.mkdir()
        self._running.append(fit)
        self.most_running = max(self.most_running, len(self._running))

    def wait(self) -> list[Ended | Reported]:
        fit = self._running.pop(0)
        return [Ended(fit, 1.0, "lost" if fit.seed in self._failing else None)]

    def answer(self, fit: Fit, goes_on: bool) -> None:
        raise AssertionError("no fit has reported")

    def started(self, fit: Fit) -> None:
        self.noted.append(f"start {fit.seed}")

    def ended(self, ended: Ended) -> None:
        self.noted.append(f"end {ended.fit.seed}")

    def goes_on(self, reported: Reported) -> bool:
        raise AssertionError("no fit has reported")


def fits_in(folder: Path, count: int) -> list[Fit]:
    return [Fit(None, seed, [], [], folder / "unfinished" / str(seed)) for seed in range(count)]


def test_of_a_sequence_the_next_fit_starts_before_the_last_is_reported(tmp_path: Path) -> None:
    notes = Notes(1, frozenset())
    carry_out(fits_in(tmp_path, 3), notes, notes)
    assert notes.noted == ["start 0", "start 1", "end 0", "start 2", "end 1", "end 2"]


def test_an_iterator_is_asked_for_the_next_fit_when_the_last_was_reported(tmp_path: Path) -> None:
    notes = Notes(1, frozenset())

    def suggested() -> Iterator[Fit]:
        for fit in fits_in(tmp_path, 3):
            notes.noted.append(f"suggest {fit.seed}")
            yield fit

    carry_out(suggested(), notes, notes)
    assert notes.noted == [f"{what} {seed}" for seed in range(3) for what in ("suggest", "start", "end")]


@pytest.mark.parametrize("workers", [1, 2, 3, 9])
@pytest.mark.parametrize("failing", [frozenset(), frozenset({0, 3}), frozenset(range(6))])
def test_every_fit_starts_and_ends_once_however_many_workers_there_are_and_whatever_fails(
    workers: int, failing: frozenset[int], tmp_path: Path
) -> None:
    notes = Notes(workers, failing)
    failed = carry_out(fits_in(tmp_path, 6), notes, notes)
    assert sorted(notes.noted) == sorted(f"{what} {seed}" for what in ("start", "end") for seed in range(6))
    assert {ended.fit.seed for ended in failed} == failing
    assert notes.most_running == min(workers, 6)
    assert (tmp_path / "unfinished").exists() == bool(failing), "only what has failed leaves its folder"
