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


class Engine(Protocol):
    """Carries out fits, at most ``workers`` at a time; what still runs at the end of its context is ended.

    What a fit computes depends on the fit alone, so that all engines give the same forecast rows.
    """

    workers: int

    def __enter__(self) -> Self:
        """Begin; nothing is started before."""

    def __exit__(self, *problem: object) -> None:
        """End all fits that still run."""

    def start(self, fit: Fit) -> None:
        """Start a fit, or go on with it from its last checkpoint; fewer than ``workers`` are running."""

    def wait(self) -> list[Ended]:
        """The fits that have ended since they were started or waited for last, at least one."""
