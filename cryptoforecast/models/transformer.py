"""Attention and feed-forward layers of PatchTST, iTransformer and TimeXer, each around a residual.

The Transformer of Vaswani et al., Attention Is All You Need, NeurIPS 2017, which normalises after each residual.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.errors import UserError

Norm = Callable[[int], nn.Module]


class Attention(nn.Module):
    """Multi-head attention, added to its input and normalised.

    Args:
        hidden_size: features of a token.
        heads: number of heads.
        dropout: probability of dropout of attention weights and of what is added.
        norm: makes the normalisation from the count of features.

    Raises:
        UserError: if ``hidden_size`` is no multiple of ``heads``.
    """

    def __init__(self, hidden_size: int, heads: int, dropout: float, norm: Norm = nn.LayerNorm) -> None:
        super().__init__()
        if hidden_size % heads:
            raise UserError(f"hidden_size {hidden_size} cannot be split into {heads} heads; make it a multiple.")
        self.attention = nn.MultiheadAttention(hidden_size, heads, dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.norm = norm(hidden_size)

    def forward(
        self, tokens: Float[Tensor, "batch tokens hidden_size"], attended: Float[Tensor, "batch attended hidden_size"]
    ) -> Float[Tensor, "batch tokens hidden_size"]:
        """The tokens after each has attended to ``attended``, which are the tokens themselves in self-attention."""
        added, _ = self.attention(tokens, attended, attended, need_weights=False)
        normalised: Tensor = self.norm(tokens + self.dropout(added))
        return normalised


class FeedForward(nn.Module):
    """Two linear maps with GELU between them, the same for each token, added to their input and normalised.

    Args:
        hidden_size: features of a token.
        inner_size: features between the two maps.
        dropout: probability of dropout after each map.
        norm: makes the normalisation from the count of features.
    """

    def __init__(self, hidden_size: int, inner_size: int, dropout: float, norm: Norm = nn.LayerNorm) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Linear(hidden_size, inner_size),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(inner_size, hidden_size),
            nn.Dropout(dropout),
        )
        self.norm = norm(hidden_size)

    def forward(self, tokens: Float[Tensor, "batch tokens hidden_size"]) -> Float[Tensor, "batch tokens hidden_size"]:
        """The tokens after the maps."""
        normalised: Tensor = self.norm(tokens + self.maps(tokens))
        return normalised


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network.

    Args:
        hidden_size: features of a token.
        heads: number of heads.
        inner_size: features inside the feed-forward network.
        dropout: probability of dropout.
        norm: makes the normalisation from the count of features.
    """

    def __init__(
        self, hidden_size: int, heads: int, inner_size: int, dropout: float, norm: Norm = nn.LayerNorm
    ) -> None:
        super().__init__()
        self.attention = Attention(hidden_size, heads, dropout, norm)
        self.feed_forward = FeedForward(hidden_size, inner_size, dropout, norm)

    def forward(self, tokens: Float[Tensor, "batch tokens hidden_size"]) -> Float[Tensor, "batch tokens hidden_size"]:
        """The tokens after the layer."""
        transformed: Tensor = self.feed_forward(self.attention(tokens, tokens))
        return transformed
