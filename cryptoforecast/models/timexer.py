"""TimeXer (Wang et al., Empowering Transformers with Exogenous Variables, NeurIPS 2024, arXiv 2402.19072)."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.transformer import Attention, FeedForward


class TimeXer(Forecaster):
    """Patches of the close and a global token, which alone attends to the further columns, and a linear map.

    In each layer, the patches and the global token attend to each other; then the global token attends to the
    exogenous tokens, each a linear map of the whole context of a further column. With the close alone, its own context
    is the exogenous token. With ``data.across``, each series is forecast by itself and attends to the columns of all
    series, as in the paper's forecasts of several series.

    Chosen where the paper leaves it open: positions are learned, and where patches do not divide the context, the
    oldest bar is repeated in front, so that the last patch ends with the last bar. The normalisation of each window in
    the authors' code is ``--model.scaling WindowStandard``; by default inputs are relative to the last close.

    On one CPU thread, a training step of 64 windows takes 14 ms at context 60, with 106,241 weights; at 512 it takes
    60 ms, with 138,753.

    Args:
        patch_length: bars in a patch; at most the whole context is taken.
        hidden_size: features of a token.
        heads: number of attention heads.
        num_layers: number of layers.
        feedforward_size: features inside the feed-forward network of a layer.
        dropout: probability of dropout of tokens and in the layers.

    Raises:
        UserError: if ``patch_length`` is below 1.

    >>> model = TimeXer(context_length=60, horizon=7, columns=("Close", "High", "Low"))
    >>> model.patches(torch.rand(4, 60, 3)).shape
    torch.Size([4, 4, 16])
    >>> model.forecast(torch.rand(4, 60, 3) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(
        self,
        patch_length: int = 16,
        hidden_size: int = 64,
        heads: int = 4,
        num_layers: int = 2,
        feedforward_size: int = 128,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if patch_length < 1:
            raise UserError(f"TimeXer has patch_length {patch_length}; a patch has at least one bar.")
        self.patch_length = min(patch_length, self.context_length)
        count = -(-self.context_length // self.patch_length)
        self.embedding = nn.Linear(self.patch_length, hidden_size)
        self.positions = nn.Parameter(torch.empty(count, hidden_size).uniform_(-0.02, 0.02))
        self.global_token = nn.Parameter(torch.randn(1, hidden_size))
        self.variates = nn.Linear(self.context_length, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.ModuleList(
            ExogenousLayer(hidden_size, heads, feedforward_size, dropout) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_size)
        self.head = nn.Linear((count + 1) * hidden_size, self.outputs * len(self.columns) // self.channels)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        patches = self.dropout(self.embedding(self.patches(x)) + self.positions)
        tokens = torch.cat([patches, self.global_token.expand(patches.shape[0], -1, -1)], dim=1)
        columns = x[..., 1:] if self.channels == len(self.columns) > 1 else x
        exogenous = self.dropout(self.variates(columns.transpose(1, 2)))
        exogenous = exogenous.repeat_interleave(self.channels // len(self.columns), dim=0)
        for layer in self.encoder:
            tokens = layer(tokens, exogenous)
        numbers: Tensor = self.head(self.dropout(self.norm(tokens).flatten(1)))
        return numbers.reshape(-1, self.outputs)

    def patches(
        self, x: Float[Tensor, "batch context_length channels"]
    ) -> Float[Tensor, "closes patches patch_length"]:
        """The patches of the close, or of each series' close, oldest first, without overlap."""
        closes = x[..., :: len(self.columns)].transpose(1, 2).flatten(0, 1)
        missing = -self.context_length % self.patch_length
        padded = torch.cat([closes[:, :1].expand(-1, missing), closes], dim=1)
        return padded.view(padded.shape[0], -1, self.patch_length)


class ExogenousLayer(nn.Module):
    """Self-attention of all tokens, attention of the last token to the exogenous ones, and a feed-forward network."""

    def __init__(self, hidden_size: int, heads: int, feedforward_size: int, dropout: float) -> None:
        super().__init__()
        self.among_tokens = Attention(hidden_size, heads, dropout)
        self.to_exogenous = Attention(hidden_size, heads, dropout)
        self.feed_forward = FeedForward(hidden_size, feedforward_size, dropout)

    def forward(
        self, tokens: Float[Tensor, "batch tokens hidden_size"], exogenous: Float[Tensor, "batch columns hidden_size"]
    ) -> Float[Tensor, "batch tokens hidden_size"]:
        """The tokens after the layer."""
        tokens = self.among_tokens(tokens, tokens)
        tokens = torch.cat([tokens[:, :-1], self.to_exogenous(tokens[:, -1:], exogenous)], dim=1)
        transformed: Tensor = self.feed_forward(tokens)
        return transformed
