"""How closes become network inputs, and a network's outputs closes again."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.errors import UserError


class Scaling(nn.Module, ABC):
    """A reversible map between prices and the numbers a network works on.

    What a scaling learns from the training closes is part of its state, and so of the checkpoint. It keeps its
    arguments as attributes of the same names.

    >>> class InThousands(Scaling):
    ...     def encode(self, closes, context):
    ...         return closes / 1000
    ...     def decode(self, scaled, context):
    ...         return scaled * 1000
    >>> InThousands().encode(torch.tensor([[64_000.0]]), torch.tensor([[64_000.0]])).item()
    64.0
    """

    def fit(self, closes: Float[Tensor, " time"]) -> None:
        """Learn from the closes of the training range; most scalings have nothing to learn."""

    @abstractmethod
    def encode(
        self, closes: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """Prices to network numbers, given the closes that the model has seen."""

    @abstractmethod
    def decode(
        self, scaled: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """Network numbers to prices: the inverse of :meth:`encode`."""


class RelativeLog(Scaling):
    """Log closes relative to the last one seen, times a fixed gain.

    Nothing is fitted, so nothing can leak. The random walk is exactly zero, and forecasts scale with the unit of
    price. The gain is about one over a coin's daily volatility, so that a usual day is a number near one.

    Args:
        gain: what relative log closes are multiplied by.

    >>> context = torch.tensor([[100.0, 200.0]])
    >>> RelativeLog(gain=10.0).encode(context, context)
    tensor([[-6.9315,  0.0000]])
    """

    def __init__(self, gain: float = 20.0) -> None:
        super().__init__()
        self.gain = gain

    def encode(
        self, closes: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``gain · log(close / last)``."""
        return (closes / context[:, -1:]).log().mul_(self.gain)

    def decode(
        self, scaled: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``last · exp(scaled / gain)``."""
        return context[:, -1:] * (scaled / self.gain).exp()


class TrainMinMax(Scaling):
    """Closes between the lowest and the highest of the training range, as crypto-NN and most tutorials have them.

    The lowest becomes 0, the highest 1; later closes may lie outside, and a network that has never seen such
    numbers must make do. The two prices are fitted on the training range only and kept in the checkpoint. Of
    several series they are the lowest and the highest of all: beside Bitcoin, a coin of a few cents is flat at 0.

    >>> scaling = TrainMinMax()
    >>> scaling.fit(torch.tensor([100.0, 300.0]))
    >>> scaling.encode(torch.tensor([[200.0, 400.0]]), torch.tensor([[200.0, 400.0]])).tolist()
    [[0.5, 1.5]]
    """

    def __init__(self) -> None:
        super().__init__()
        self.lowest: float | None = None
        self.highest: float | None = None

    def fit(self, closes: Float[Tensor, " time"]) -> None:
        """Take the lowest and the highest close of the training range."""
        self.lowest, self.highest = closes.min().item(), closes.max().item()
        if self.lowest == self.highest:
            raise UserError(f"All training closes are {self.lowest:g}; TrainMinMax needs closes that differ.")

    def encode(
        self, closes: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``(close − lowest) / (highest − lowest)``."""
        lowest, highest = self._fitted()
        return (closes - lowest) / (highest - lowest)

    def decode(
        self, scaled: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``lowest + scaled · (highest − lowest)``."""
        lowest, highest = self._fitted()
        return lowest + scaled * (highest - lowest)

    def get_extra_state(self) -> dict[str, float | None]:
        """The two prices, as the checkpoint keeps them: numbers, since not every device has float64 tensors."""
        return {"lowest": self.lowest, "highest": self.highest}

    def set_extra_state(self, state: dict[str, float | None]) -> None:
        """Take the two prices from a checkpoint."""
        self.lowest, self.highest = state["lowest"], state["highest"]

    def _fitted(self) -> tuple[float, float]:
        if self.lowest is None or self.highest is None:
            raise UserError("TrainMinMax has not seen any training closes; fit with a CloseDataModule, or call fit.")
        return self.lowest, self.highest


class WindowStandard(Scaling):
    """Closes less their context's mean, over their context's standard deviation.

    Each window is scaled by what it has seen itself. A context that stands still is divided by a millionth of
    its mean instead of by zero.

    >>> context = torch.tensor([[100.0, 300.0]])
    >>> scaled = WindowStandard().encode(context, context)
    >>> WindowStandard().decode(scaled, context).round(decimals=2).tolist()
    [[100.0, 300.0]]
    """

    def encode(
        self, closes: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``(close − mean) / deviation``."""
        mean, deviation = self._moments(context)
        return (closes - mean) / deviation

    def decode(
        self, scaled: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """``mean + scaled · deviation``."""
        mean, deviation = self._moments(context)
        return mean + scaled * deviation

    @staticmethod
    def _moments(context: Float[Tensor, "batch context_length"]) -> tuple[Tensor, Tensor]:
        mean = context.mean(dim=1, keepdim=True)
        deviation = context.std(dim=1, keepdim=True, correction=0)
        return mean, torch.maximum(deviation, 1e-6 * mean)


def standardise_volume(volumes: Float[Tensor, "batch length"]) -> Float[Tensor, "batch length"]:
    """Volumes less their window's mean, over their window's standard deviation.

    Volumes grow by orders of magnitude over the years, so each window is its own measure. Where all are the same,
    or there are none, the answer is zero.
    """
    tiny = torch.finfo(volumes.dtype).tiny
    shares = volumes / volumes.amax(dim=1, keepdim=True).clamp_min(tiny)  # the square of a very small one is zero
    mean = shares.mean(dim=1, keepdim=True)
    deviation = shares.std(dim=1, keepdim=True, correction=0)
    return (shares - mean) / torch.maximum(deviation, 1e-6 * mean).clamp_min(tiny)
