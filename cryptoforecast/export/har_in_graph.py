"""Har's distribution from the bars of a window alone, in torch's operations."""

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from cryptoforecast.data.series import HIGH, LOW
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.units import LEAST_SCALE
from cryptoforecast.models.ladder.har import RANGE, SPANS, HarRung
from cryptoforecast.models.ladder.rung import TParameters


class HarInGraph(nn.Module):
    """The distributions of a fitted Har after the last bar of each window, which holds all bars that Har looks at.

    Args:
        rung: fitted.
        columns: of the bars, the close first.
        context_length: number of bars in a window.

    Raises:
        UserError: if Har looks at more than the windows hold.
    """

    def __init__(self, rung: HarRung, columns: tuple[str, ...], context_length: int) -> None:
        super().__init__()
        self.numbers: Tensor
        learned = rung.learned()
        if len(learned["steps"]) > 1:
            raise UserError("cannot be exported: Har was fitted on series with and without High and Low; fit on one.")
        (self.kind, fitted), *_ = rung._steps.items()
        needed = SPANS[-1] + (self.kind != RANGE)
        if self.kind == RANGE and not {HIGH, LOW} <= set(columns):
            raise UserError(
                "cannot be exported: its head stands on Har, which reads High and Low, and the model sees neither; "
                "train with data.columns '[Close, High, Low]' or model.head.relative_to none."
            )
        if context_length < needed:
            raise UserError(
                f"cannot be exported: its head stands on Har, which looks at {needed} bars, and the model sees "
                f"{context_length}; train with data.context_length {needed} or model.head.relative_to none."
            )
        self.least, self.usual = learned["least"][self.kind], learned["usual"][self.kind]
        self.places = [columns.index(name) for name in (HIGH, LOW)] if self.kind == RANGE else []
        numbers = torch.tensor([[*step[:3], step.least, *step.slopes] for step in fitted], dtype=torch.float64)
        self.register_buffer("numbers", numbers)  # (horizon, 4 + spans)

    def forward(self, context: Float64[Tensor, "batch context_length channels"]) -> TParameters:
        """The distributions of the log change to each step."""
        if self.kind == RANGE:
            high, low = (context[..., place] for place in self.places)
            known = (high >= low) & (low > 0)
            sizes = torch.where(known, (high / low).log().abs(), 1.0)
        else:
            sizes = context[..., 0].log().diff(dim=1).abs()
            known = torch.ones_like(sizes, dtype=torch.bool)
        logs = torch.where(known, sizes.clamp_min(self.least).log(), 0.0)
        weights = known.to(logs.dtype)
        means = []
        for span in SPANS:
            count = weights[:, -span:].sum(dim=1)
            mean = logs[:, -span:].sum(dim=1) / count.clamp_min(1.0)
            means.append(torch.where(count > 0, mean, self.usual))
        features = torch.stack(means, dim=1)
        location, freedom, intercept, least = self.numbers[:, :4].unbind(-1)
        log_scale = intercept + (features.unsqueeze(1) * self.numbers[:, 4:]).sum(dim=-1)
        scale = torch.maximum(log_scale, least).exp().clamp(min=LEAST_SCALE)
        return TParameters(location + 0 * scale, scale, freedom + 0 * scale)
