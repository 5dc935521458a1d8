"""Scalings: invertible maps between closes and the numbers that a network works on."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.errors import UserError


class Scaling(nn.Module, ABC):
    """An invertible map between closes and the numbers that a network works on.

    A subclass writes :meth:`encode`, its inverse :meth:`decode` and, if it learns from the training closes,
    :meth:`fit`; what it learned belongs in buffers or ``get_extra_state``, so that checkpoints store it. It keeps its
    arguments as attributes of the same names.

    Every value is scaled by the context of its own window, which it is given as ``context``. ``closes`` and ``scaled``
    may have another length than the context, as targets have; batch sizes agree. Prices are float64 (float32 on a
    device without it). What ``encode`` returns is converted to the dtype of the model's weights, and what ``decode`` is
    given has the dtype of ``context``.

    >>> class InThousands(Scaling):
    ...     def encode(self, closes, context):
    ...         return closes / 1000
    ...     def decode(self, scaled, context):
    ...         return scaled * 1000
    >>> InThousands().encode(torch.tensor([[64_000.0]]), torch.tensor([[64_000.0]])).item()
    64.0
    """

    def fit(self, closes: Float[Tensor, " time"]) -> None:
        """Learn from the training closes of all series, joined; by default nothing is learned."""

    @abstractmethod
    def encode(
        self, closes: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """Scaled values of closes.

        Args:
            closes: closes in the series' currency: a context itself, or targets.
            context: the closes of the context, oldest first.
        """

    @abstractmethod
    def decode(
        self, scaled: Float[Tensor, "batch length"], context: Float[Tensor, "batch context_length"]
    ) -> Float[Tensor, "batch length"]:
        """Closes of scaled values: the inverse of :meth:`encode` for the same context."""


class RelativeLog(Scaling):
    """The log of closes relative to the last close of the context, times a fixed gain.

    Nothing is fitted, so nothing can leak. A forecast of zero is the random walk's, and forecasts do not depend on the
    unit of price.

    Args:
        gain: factor of the log returns, without unit: about one over the standard deviation of a return, so that usual
            returns become numbers near one. The default suits daily closes of coins, whose log returns have a standard
            deviation of about 0.05.

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
    """Closes mapped so that the lowest training close is 0 and the highest is 1, as crypto-NN and most tutorials do.

    Later closes may lie outside this range, where the network has seen no examples. The two prices are fitted on the
    training closes only and stored in the checkpoint. They are those of all series together: beside Bitcoin, a coin of
    a few cents stays near 0.

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
        """Find the lowest and the highest training close; UserError if they are the same."""
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
        """The two prices for the checkpoint: Python floats, since not every device has float64 tensors."""
        return {"lowest": self.lowest, "highest": self.highest}

    def set_extra_state(self, state: dict[str, float | None]) -> None:
        """Restore the two prices from a checkpoint."""
        self.lowest, self.highest = state["lowest"], state["highest"]

    def _fitted(self) -> tuple[float, float]:
        if self.lowest is None or self.highest is None:
            raise UserError("TrainMinMax has not seen any training closes; fit with a CloseDataModule, or call fit.")
        return self.lowest, self.highest


class WindowStandard(Scaling):
    """Closes minus the mean of their context, divided by its standard deviation.

    For a context of equal closes, the divisor is a millionth of the mean instead of zero.

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


def standardise_by_window(values: Float[Tensor, "batch length"]) -> Float[Tensor, "batch length"]:
    """Values minus the mean of their window, divided by its standard deviation; zero where all are equal.

    Volumes grow by orders of magnitude over the years, so each window is standardised by itself.
    """
    tiny = torch.finfo(values.dtype).tiny
    shares = values / values.abs().amax(dim=1, keepdim=True).clamp_min(tiny)  # squares of very small ones would be zero
    mean = shares.mean(dim=1, keepdim=True)
    deviation = shares.std(dim=1, keepdim=True, correction=0)
    return (shares - mean) / torch.maximum(deviation, 1e-6 * mean.abs()).clamp_min(tiny)
