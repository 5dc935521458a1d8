"""Return and volatility together: the output is a dictionary, of which ``loss`` reads both and ``point`` the return."""

from torch import Tensor, nn
from torch.nn.functional import mse_loss

from cryptoforecast import Forecaster


class ReturnAndVolatility(Forecaster):
    def __init__(self, hidden: int = 32, share: float = 0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = share
        self.rnn = nn.GRU(self.channels, hidden, batch_first=True)
        self.change, self.log_volatility = nn.Linear(hidden, self.horizon), nn.Linear(hidden, self.horizon)

    def forward(self, x: Tensor):
        state = self.rnn(x)[0][:, -1]
        return {"change": self.change(state), "log_volatility": self.log_volatility(state)}

    def point(self, output: dict[str, Tensor]):
        return output["change"]

    def loss(self, output: dict[str, Tensor], target: Tensor):
        volatility = mse_loss(output["log_volatility"], target.abs().clamp_min(1e-3).log())
        self.curve("volatility", volatility)
        return mse_loss(output["change"], target) + self.share * volatility
