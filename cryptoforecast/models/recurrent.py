"""The network that LSTM and GRU share: recurrent layers, and a linear map from their last state."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn


class RecurrentNetwork(nn.Module):
    """Recurrent layers over a sequence, and a linear map from their last state.

    Args:
        cell: the kind of layer.
        input_size: features of each step.
        output_size: numbers in the output.
        hidden_size: features of the state.
        num_layers: number of stacked layers.
        dropout: probability of dropout between layers and before the linear map.
        bidirectional: whether a second stack reads the sequence backwards.
    """

    def __init__(
        self,
        cell: Literal["LSTM", "GRU"],
        input_size: int,
        output_size: int,
        hidden_size: int,
        num_layers: int,
        dropout: float,
        bidirectional: bool,
    ) -> None:
        super().__init__()
        self.directions = 2 if bidirectional else 1
        self.layers = getattr(nn, cell)(
            input_size=input_size,
            hidden_size=hidden_size,
            num_layers=num_layers,
            dropout=dropout if num_layers > 1 else 0.0,  # with one layer torch warns that it has no effect
            bidirectional=bidirectional,
            batch_first=True,
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.directions * hidden_size, output_size)

    def forward(self, x: Float[Tensor, "batch length input_size"]) -> Float[Tensor, "batch output_size"]:
        """The linear map of the last layer's final state, of both directions if bidirectional."""
        _, state = self.layers(x)
        hidden = state[0] if isinstance(state, tuple) else state  # (layer · direction, batch, hidden_size)
        last = hidden[-self.directions :].transpose(0, 1).flatten(start_dim=1)
        output: Tensor = self.head(self.dropout(last))
        return output
