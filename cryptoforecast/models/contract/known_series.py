"""The numbers that a model knows series by, whatever their order in the data."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor, nn


class KnownSeries(nn.Module):
    """The symbols of the series that a model was trained on; a checkpoint holds them.

    Attributes:
        symbols: in the order of their numbers, which begin with 1.

    >>> known = KnownSeries()
    >>> known.learn(["BTC-USD", "ETH-USD"])
    >>> known.numbers(["ETH-USD", "DOGE-USD"]).tolist()
    [2, 0]
    """

    def __init__(self) -> None:
        super().__init__()
        self.symbols: list[str] = []

    def learn(self, symbols: Sequence[str]) -> None:
        """Number the series that are trained on; those that were known before keep their numbers."""
        self.symbols = [*self.symbols, *(symbol for symbol in symbols if symbol not in self.symbols)]

    def numbers(self, symbols: Sequence[str]) -> Int64[Tensor, " series"]:
        """The number of each series, 0 for one that the model was not trained on."""
        known = {symbol: number for number, symbol in enumerate(self.symbols, start=1)}
        return torch.tensor([known.get(symbol, 0) for symbol in symbols], dtype=torch.int64)

    def get_extra_state(self) -> dict[str, Any]:
        """The symbols, for the checkpoint."""
        return {"symbols": self.symbols}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore them from a checkpoint."""
        self.symbols = list(state["symbols"])
