"""Windows weighted by age in the training loss: ``loss`` names ``window``, and reads its origin."""

from torch import Tensor, nn

from cryptoforecast import Forecaster, Window

DAY = 86_400 * 10**9  # nanoseconds


class RecentFirst(Forecaster):
    def __init__(self, hidden: int = 32, half_life: float = 365.0, **kwargs):
        super().__init__(**kwargs)
        self.half_life = half_life  # days
        self.rnn, self.head = nn.GRU(self.channels, hidden, batch_first=True), nn.Linear(hidden, self.outputs)

    def forward(self, x: Tensor):
        return self.head(self.rnn(x)[0][:, -1])

    def loss(self, output: Tensor, target: Tensor, window: Window):
        age = (window.origin.max() - window.origin) / DAY
        weight = 0.5 ** (age / self.half_life) if self.training else age * 0 + 1
        return (weight / weight.mean()).unsqueeze(1).mul((output - target).square()).mean()
