"""PatchTST (Nie, Nguyen, Sinthong and Kalagnanam, A Time Series is Worth 64 Words, ICLR 2023, arXiv 2211.14730)."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.transformer import EncoderLayer


class PatchTST(Forecaster):
    """Patches of bars as the tokens of a Transformer encoder, and a linear map from all tokens to the horizon.

    Each column is cut into patches and encoded by itself, all with the same weights. The paper forecasts each column
    from its own tokens. Here the close is forecast, from the tokens of all columns, or with
    ``data.across`` all closes are, from the tokens of all series. With the close alone, that is the model of the paper.

    From the paper: the last bar is repeated ``stride`` times, positions are learned, batch normalisation follows each
    residual, and the default sizes are those for small data sets. Its normalisation of each window is
    ``--model.scaling WindowStandard``, with which a forecast of zero is the mean of the window; under the default
    scaling, ``RelativeLog``, zero is the last close.

    On one CPU thread, a training step of 64 windows takes 12 ms at context 60, with 16,673 weights; at 512 it takes
    138 ms, with 18,497.

    Args:
        patch_length: bars in a patch; at most the whole context is taken.
        stride: bars from the start of a patch to the start of the next; at most ``patch_length``.
        hidden_size: features of a token.
        heads: number of attention heads.
        num_layers: number of encoder layers.
        feedforward_size: features inside the feed-forward network of a layer.
        dropout: probability of dropout in the layers and before the linear map.

    Raises:
        UserError: if ``stride`` is below 1 or above ``patch_length``.

    >>> model = PatchTST(context_length=60, horizon=7)
    >>> model.patches(torch.rand(4, 60, 1)).shape
    torch.Size([4, 1, 7, 16])
    >>> model.forecast(torch.rand(4, 60, 1) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(
        self,
        patch_length: int = 16,
        stride: int = 8,
        hidden_size: int = 16,
        heads: int = 4,
        num_layers: int = 3,
        feedforward_size: int = 128,
        dropout: float = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 1 <= stride <= patch_length:
            raise UserError(f"PatchTST has stride {stride}; it is from 1 to patch_length, which is {patch_length}.")
        self.patch_length = min(patch_length, self.context_length)
        self.stride = min(stride, self.patch_length)
        count = (self.context_length - self.patch_length) // self.stride + 2
        self.embedding = nn.Linear(self.patch_length, hidden_size)
        self.positions = nn.Parameter(torch.empty(count, hidden_size).uniform_(-0.02, 0.02))
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.Sequential(
            *(EncoderLayer(hidden_size, heads, feedforward_size, dropout, TokenBatchNorm) for _ in range(num_layers))
        )
        self.head = nn.Linear(self.channels * count * hidden_size, self.outputs)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        numbers: Tensor = self.head(self.dropout(self.encode(x).flatten(1)))
        return numbers

    def patches(
        self, x: Float[Tensor, "batch context_length channels"]
    ) -> Float[Tensor, "batch channels patches patch_length"]:
        """The patches of each column, oldest first, the last bar being repeated ``stride`` times."""
        padded = torch.cat([x, x[:, -1:].expand(-1, self.stride, -1)], dim=1)
        return padded.transpose(1, 2).unfold(-1, self.patch_length, self.stride)

    def encode(
        self, x: Float[Tensor, "batch context_length channels"]
    ) -> Float[Tensor, "batch channels patches hidden_size"]:
        """The encoded tokens of each column, which depend on no other column but by batch statistics in training."""
        tokens = self.dropout(self.embedding(self.patches(x)) + self.positions)
        encoded: Tensor = self.encoder(tokens.flatten(0, 1))
        return encoded.reshape(-1, self.channels, *encoded.shape[1:])


class TokenBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of each feature over all tokens of a batch."""

    def forward(self, tokens: Float[Tensor, "batch tokens hidden_size"]) -> Float[Tensor, "batch tokens hidden_size"]:
        """The tokens with mean 0 and variance 1 in each feature, scaled and shifted by what is learned."""
        return super().forward(tokens.flatten(0, 1)).view_as(tokens)
