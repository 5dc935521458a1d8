"""Recent windows count more: their weight in the loss halves with each half-life that they are older."""

from typing import Any

from torch import Tensor

from cryptoforecast import LSTM, Window

DAY = 86_400 * 10**9  # nanoseconds


class Weighted(LSTM):
    def __init__(self, half_life: float = 365.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.half_life = half_life  # in days

    def weight(self, window: Window) -> Tensor:
        newest = self.trainer.datamodule.windows.times[-1]
        return 0.5 ** ((newest - window.origin) / DAY / self.half_life)
