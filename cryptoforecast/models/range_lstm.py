"""An LSTM that sees how far a coin has moved, and corrects the distribution of the rung that its head stands on.

The features are those of HAR models: Corsi, A Simple Approximate Long-Memory Model of Realized Volatility, Journal of
Financial Econometrics 7(2), 2009.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.data.series import HIGH, LOW
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.recurrent import RecurrentNetwork

SMALLEST = 0.05  # of a change or a range in units of the rung's scale: the logarithm of zero is not finite


class RangeLSTM(Forecaster):
    """An LSTM over changes, log sizes of changes and log ranges, whose output is zero before training.

    With a head that stands on a rung, zero is that rung's distribution, and the network learns what it lacks. The log
    range of a bar is a feature where ``columns`` have High and Low.

    Args:
        hidden_size: features of the state.
        dropout: probability of dropout on the last state.

    >>> from cryptoforecast import StudentT
    >>> model = RangeLSTM(hidden_size=8, context_length=30, head=StudentT(relative_to="none"))
    >>> model(torch.rand(4, 30, 1)).tolist() == [[0.0, 0.0, 0.0]] * 4
    True
    """

    def __init__(self, hidden_size: int = 32, dropout: float = 0.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.has_range = {HIGH, LOW} <= set(self.columns)
        features = 3 if self.has_range else 2
        self.network = RecurrentNetwork("LSTM", features, self.outputs, hidden_size, 1, dropout, False)
        nn.init.zeros_(self.network.head.weight)
        nn.init.zeros_(self.network.head.bias)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """The numbers that the head needs, from scaled bars."""
        closes = x[..., 0]
        changes = closes.diff(dim=1, prepend=closes[:, :1])
        features = [changes, changes.abs().clamp_min(SMALLEST).log()]
        if self.has_range:
            high, low = (x[..., self.columns.index(name)] for name in (HIGH, LOW))
            features.append((high - low).clamp_min(SMALLEST).log())
        numbers: Tensor = self.network(torch.stack(features, dim=-1))
        return numbers
