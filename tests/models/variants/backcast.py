"""N-BEATS' generic blocks (Oreshkin et al., 2020, arXiv 1905.10437), whose loss also counts what backcasts leave."""

from torch import Tensor, nn
from torch.nn.functional import mse_loss

from cryptoforecast import Forecaster


class Block(nn.Module):
    def __init__(self, length: int, horizon: int, width: int):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(length, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.backcast, self.forecast = nn.Linear(width, length), nn.Linear(width, horizon)

    def forward(self, x: Tensor):
        state = self.body(x)
        return self.backcast(state), self.forecast(state)


class BackcastLoss(Forecaster):
    def __init__(self, blocks: int = 3, width: int = 64, share: float = 0.1, **kwargs):
        super().__init__(**kwargs)
        self.share = share
        self.blocks = nn.ModuleList(Block(self.context_length, self.horizon, width) for _ in range(blocks))

    def forward(self, x: Tensor):
        rest, total = x[..., 0], 0
        for block in self.blocks:
            backcast, forecast = block(rest)
            rest, total = rest - backcast, total + forecast
        return total, rest

    def point(self, output: tuple[Tensor, Tensor]):
        return output[0]

    def loss(self, output: tuple[Tensor, Tensor], target: Tensor):
        return mse_loss(output[0], target) + self.share * output[1].square().mean()
