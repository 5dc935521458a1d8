"""Classifier of direction: the output is the log odds of a rise, and ``point`` says what it means for the close."""

from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from cryptoforecast import Forecaster


class Direction(Forecaster):
    def __init__(self, hidden: int = 32, move: float = 0.2, **kwargs):
        super().__init__(**kwargs)
        self.move = move  # scaled: 20 times a log return of 1 %
        self.rnn = nn.GRU(self.channels, hidden, batch_first=True)
        self.head = nn.Linear(hidden, self.horizon)

    def forward(self, x: Tensor):
        return self.head(self.rnn(x)[0][:, -1])

    def point(self, output: Tensor):
        return self.move * (2 * output.sigmoid() - 1)

    def loss(self, output: Tensor, target: Tensor):
        return binary_cross_entropy_with_logits(output, (target > 0).to(output))
