"""What an engine is: it starts fits, several at a time, and says which of them have ended."""

from typing import NamedTuple, Protocol, Self

from cryptoforecast.study.fit import Fit


class Ended(NamedTuple):
    """A fit that has ended, and how many seconds it took.

    ``failure`` says in one sentence why it failed; None where it is finished, and its folder holds all that it wrote.
    """

    fit: Fit
    seconds: float
    failure: str | None = None


class Reported(NamedTuple):
    """The values of a trial's objective by epoch, after one more validation; the fit waits for an answer."""

    fit: Fit
    values: dict[int, float]


class Engine(Protocol):
    """Carries out fits, at most ``workers`` at a time; what still runs at the end of its context is ended.

    What a fit computes depends on the fit alone, so that all engines give the same forecast rows.
    """

    workers: int
    reports: bool  # whether fits tell their values and wait for an answer

    def __enter__(self) -> Self:
        """Begin; nothing is started before."""

    def __exit__(self, *problem: object) -> None:
        """End all fits that still run."""

    def start(self, fit: Fit) -> None:
        """Start a fit, or go on with it from its last checkpoint; fewer than ``workers`` are running."""

    def wait(self) -> list[Ended | Reported]:
        """What has ended or been reported since it was waited for last, at least one."""

    def answer(self, fit: Fit, goes_on: bool) -> None:
        """Let a fit that has reported go on, or end it as pruned."""
