"""A curve of its own, the share of directions that are right, by which the best epoch is chosen."""

from torch import Tensor

from cryptoforecast import LSTM, Window


class LSTMWithHits(LSTM):
    monitor, monitor_mode = "val/hits", "max"

    def validation_step(self, window: Window, batch_index: int) -> None:
        super().validation_step(window, batch_index)
        self.curve("hits", self.hits(window))

    def test_step(self, window: Window, batch_index: int) -> None:
        super().test_step(window, batch_index)
        self.curve("hits", self.hits(window))

    def hits(self, window: Window) -> Tensor:
        last = window.context[:, -1:, 0]
        return ((self.forecast(window.context) - last).sign() == (window.target - last).sign()).double()
