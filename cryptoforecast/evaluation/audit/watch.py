"""Who opens which file: a model or a scaling that reads the prices itself sees what no border keeps from it."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from cryptoforecast.evaluation.audit.lookahead import LookAhead
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.scaling import Scaling


class Opened(NamedTuple):
    """A file that was opened, the class of what opened it, and whether that is a scaling."""

    path: str
    who: str
    by_scaling: bool


_watching: list[list[Opened]] = []


@contextmanager
def watched() -> Iterator[list[Opened]]:
    """Note what scalings and models open; reading in another language's own way is not seen."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_note)  # Python has no way to take one back; it does nothing while nobody watches
    opened: list[Opened] = []
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.remove(opened)


_hooked: list[bool] = []


def require_unread(opened: Iterable[Opened], files: Iterable[Path], stage: str) -> None:
    """See that none of a source's files was opened by what is given its closes.

    Args:
        opened: what was.
        files: the source's.
        stage: what is looked at now; at ``scaling``, only what scalings have opened.

    Raises:
        LookAhead: naming what has opened one.
    """
    known = {os.path.realpath(file) for file in files}
    for one in opened:
        if os.path.realpath(one.path) in known and (one.by_scaling or stage != "scaling"):
            reads = f"{one.who} reads {Path(one.path).name} itself, whose rows behind the border are then in its reach"
            raise LookAhead(stage, reads)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _watching or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    frame: FrameType | None = sys._getframe(1)
    owner: object = None
    while frame is not None and not isinstance(owner, Scaling):
        candidate = frame.f_locals.get("self")
        owner = (
            candidate if isinstance(candidate, Scaling) or (isinstance(candidate, Forecaster) and not owner) else owner
        )
        frame = frame.f_back
    if owner is not None:
        path = str(Path(os.fsdecode(arguments[0])).absolute())
        for opened in _watching:
            opened.append(Opened(path, type(owner).__name__, isinstance(owner, Scaling)))
