"""A class whose arguments are of many types."""

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Any

from torch import nn


class Typed:
    """Keeps what it is given."""

    class Kind(Enum):
        SMALL = auto()
        LARGE = auto()

    def __init__(
        self,
        where: Path,
        size: tuple[int, int],
        kind: Kind,
        act: Callable[..., Any],
        free: Any = None,
        layer: type[nn.Module] = nn.Linear,
        parts: list["Typed"] | None = None,
    ) -> None:
        self.where, self.size, self.kind, self.act = where, size, kind, act
        self.free, self.layer, self.parts = free, layer, parts
