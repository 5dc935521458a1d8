"""The two memories of xLSTM, with exponential gates that are kept finite: a matrix (mLSTM), and a vector (sLSTM)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, pad


def matrix_memory(
    query: Float[Tensor, "batch heads length size"],
    key: Float[Tensor, "batch heads length size"],
    value: Float[Tensor, "batch heads length size"],
    input_gate: Float[Tensor, "batch heads length"],
    forget_gate: Float[Tensor, "batch heads length"],
    chunk: int = 64,
) -> Float[Tensor, "batch heads length size"]:
    """The hidden states of an mLSTM before its output gate (section 2.3 of the paper); at least float32.

    A state sums ``exp(input gate) · product of later σ(forget gate) · value keyᵀ`` over the bars so far. ``chunk`` bars
    are computed at once, in the parallel form, and the state is carried from one chunk to the next: 1 is the recurrent
    form of the paper, and the whole length its parallel form, whose cost grows with the square of the length.
    """
    exact = torch.promote_types(query.dtype, torch.float32)
    query, key, value, input_gate, forget_gate = (
        part.to(exact) for part in (query, key / math.sqrt(key.shape[-1]), value, input_gate, forget_gate)
    )
    value = pad(value, (0, 1), value=1.0)  # whose last feature adds up the normaliser
    memory = value.new_zeros(*key.shape[:2], key.shape[-1], value.shape[-1])
    exponent = value.new_zeros(*key.shape[:2], 1)  # the memory is kept divided by its exponential
    hidden = []
    parts = (query, key, value, input_gate, logsigmoid(forget_gate))
    for q, k, v, entered, kept in zip(*(torch.split(part, chunk, dim=2) for part in parts), strict=True):
        kept = kept.cumsum(dim=-1)
        later = torch.ones(kept.shape[-1], kept.shape[-1], dtype=torch.bool, device=kept.device).triu(diagonal=1)
        log_weights = (kept.unsqueeze(-1) + (entered - kept).unsqueeze(-2)).masked_fill(later, -math.inf)
        log_carried = kept + exponent
        highest = torch.maximum(log_weights.detach().amax(dim=-1), log_carried.detach()).unsqueeze(-1)
        weights = (q @ k.mT) * (log_weights - highest).exp()
        sums = weights @ v + (log_carried.unsqueeze(-1) - highest).exp() * (q @ memory)
        hidden.append(sums[..., :-1] / torch.maximum(sums[..., -1:].abs(), (-highest).exp()))
        log_added, log_carried = kept[..., -1:] - kept + entered, log_carried[..., -1:]
        exponent = torch.maximum(log_added.detach().amax(dim=-1, keepdim=True), log_carried.detach())
        added = (k * (log_added - exponent).exp().unsqueeze(-1)).mT @ v
        memory = (log_carried - exponent).exp().unsqueeze(-1) * memory + added
    return torch.cat(hidden, dim=2)


class ScalarMemory(nn.Module):
    """An sLSTM (section 2.2 of the paper) with a sigmoid as its forget gate; at least float32.

    Args:
        size: features of input and hidden state.
        heads: number of heads; the gates of a head read the hidden state of that head alone.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.gates = nn.Linear(size, 4 * size)
        self.recurrent = nn.Parameter(torch.randn(heads, size // heads, 4 * size // heads) / math.sqrt(size // heads))

    def forward(self, x: Float[Tensor, "batch length size"]) -> Float[Tensor, "batch length size"]:
        """The hidden state after each bar."""
        gates = self.gates(x).unflatten(-1, (self.heads, -1)).permute(1, 2, 0, 3)  # length, heads, batch, 4 · features
        exact = torch.promote_types(gates.dtype, torch.float32)
        hidden = cell = normaliser = gates.new_zeros(*gates.shape[1:3], gates.shape[-1] // 4, dtype=exact)
        exponent = torch.full_like(cell, -math.inf)  # cell and normaliser are kept divided by its exponential
        states = []
        for given in gates.to(exact).unbind(0):
            cell_input, entered, kept, shown = torch.baddbmm(given, hidden, self.recurrent.to(exact)).chunk(4, dim=-1)
            log_kept = logsigmoid(kept) + exponent
            exponent = torch.maximum(log_kept, entered).detach()
            kept, entered = (log_kept - exponent).exp(), (entered - exponent).exp()
            cell = kept * cell + entered * cell_input.tanh()
            normaliser = kept * normaliser + entered
            hidden = shown.sigmoid() * cell / normaliser
            states.append(hidden)
        return torch.stack(states).permute(2, 0, 1, 3).flatten(2)
