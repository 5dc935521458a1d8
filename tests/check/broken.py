"""Sound models and broken ones, each with one fault."""

import time
from typing import Any

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster, Scaling, Window


class Line(Forecaster):
    """A linear map of the last four closes: sound."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(4 * self.channels, self.outputs)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.map(x[:, -4:].flatten(1))
        return answer


class Ridge(Forecaster):
    """A ridge regression, fitted in one go: sound."""

    def fit(self, x: Tensor, y: Tensor) -> None:
        table = x.flatten(1).double()
        penalty = torch.eye(table.shape[1], dtype=torch.float64)
        self.coefficients = torch.linalg.solve(table.T @ table + penalty, table.T @ y.double())

    def forward(self, x: Tensor) -> Tensor:
        return (x.flatten(1).double() @ self.coefficients).to(x.dtype)


class MeanAndScale(Forecaster):
    """Returns two tensors, which its own point and loss read: sound."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(4 * self.channels, 2 * self.horizon)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        return self.map(x[:, -4:].flatten(1)).chunk(2, dim=-1)

    def point(self, output: tuple[Tensor, Tensor]) -> Tensor:
        return output[0]

    def loss(self, output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:  # type: ignore[override]
        return (((output[0] - target) / output[1].exp()).square() / 2 + output[1]).mean()


class SeesTheNextWindow(Line):
    """Takes the next window of the batch, which holds the target where windows are in order."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.roll(-1, dims=0))


class PassesOnTheNextWindow(Line):
    """Forecasts, of a batch in order, the last close that the next window has seen."""

    def forecast(self, context: Tensor) -> Tensor:
        closes = context[:, -1:, 0]
        return torch.cat([closes[1:], closes[-1:]]).expand(-1, self.horizon)


class CentresTheBatch(Line):
    """Subtracts the mean of the batch."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.mean(dim=0, keepdim=True))


class DropsInEvaluation(Line):
    """Drops numbers also where it forecasts."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(nn.functional.dropout(x, 0.2))


class ReadsTheClock(Line):
    """Depends on the time of day."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 0.001 * (time.perf_counter() % 1)


class HasDeadLayer(Line):
    """Has a layer whose output is detached."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dead = nn.Linear(self.channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 0.01 * self.dead(x[:, -1]).detach()


class KeepsState(Line):
    """Keeps a number of each batch for the next."""

    last: Tensor | float = 0.0

    def forward(self, x: Tensor) -> Tensor:
        answer = super().forward(x) + 0.1 * self.last
        self.last = x.detach().abs().mean() - x[0].detach().abs().mean()
        return answer


class CountsWindows(Line):
    """Depends on how many windows are in a batch."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (1 + 1 / len(x))


class ForgetsItsOffset(Line):
    """Learns a number in training that is in no checkpoint."""

    offset = 0.0

    def training_step(self, window: Window, batch_index: int) -> Tensor | None:
        self.offset += 0.001
        return super().training_step(window, batch_index)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.offset


class StopsAtHorizonOne(Line):
    """Returns what the head needs for a single step."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(4 * self.channels, self.output_head.size)


class TakesOneColumn(Line):
    """Takes one column alone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.map = nn.Linear(4, self.outputs)


class InThousands(Scaling):
    def encode(self, closes: Tensor, context: Tensor) -> Tensor:
        return closes / 1000 - 1

    def decode(self, scaled: Tensor, context: Tensor) -> Tensor:
        return 1000 * (scaled + 1)


class TakesNoFurtherArguments(Forecaster):
    """Does not pass on its arguments."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.map = nn.Linear(size, 1)


class LosesItsLengths(Line):
    """Passes on arguments in a form that its record cannot follow."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs})


class LearnsNothing(Line):
    """Has a loss that weights hardly change."""

    def loss(self, forecast: Any, target: Tensor) -> Tensor:
        return 1 + 1e-9 * (forecast - target).square().mean()


class RaisesAnError(Line):
    """Has a fault of its own."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x):
            raise RuntimeError("the researcher's own words")
        return super().forward(x)
