"""What LSTM and GRU share: a sequence is read to its end, and the last state is asked."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn


class RecurrentNetwork(nn.Module):
    """A recurrent layer stack, and a linear map from its last state.

    Args:
        cell: what reads the sequence.
        input_size: features a step.
        output_size: numbers to give.
        hidden_size: features of the state.
        num_layers: layers, each reading the one before.
        dropout: share of features dropped between layers and before the last map, in training.
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
            dropout=dropout if num_layers > 1 else 0.0,  # torch warns of one that would do nothing
            bidirectional=bidirectional,
            batch_first=True,
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.directions * hidden_size, output_size)

    def forward(self, x: Float[Tensor, "batch length input_size"]) -> Float[Tensor, "batch output_size"]:
        """The head's answer to the last state of the last layer, of both directions where there are two."""
        _, state = self.layers(x)
        hidden = state[0] if isinstance(state, tuple) else state  # (layer · direction, batch, hidden_size)
        last = hidden[-self.directions :].transpose(0, 1).flatten(start_dim=1)
        answer: Tensor = self.head(self.dropout(last))
        return answer
