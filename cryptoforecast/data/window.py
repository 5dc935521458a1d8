"""A window: what a model sees and what it is to forecast."""

from typing import NamedTuple

import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor


class Window(NamedTuple):
    """What a model sees and what it is to forecast: one window, or a batch of windows.

    Attributes:
        context: ``(context_length, channels)``, float64: the bars seen, oldest first, in the currency of the series.
            Channel 0 is the close, the others are the further columns asked for.
        target: ``(horizon,)``, float64: the closes that follow, in the same currency; NaN where they are not known.
        origin: the time of the last close seen, int64, in UTC nanoseconds since 1970.
        series: the number of the series that the window was cut from, int64, from 0.
        state: ``(states,)``, float64: what the baseline that the model stands on has reached at the origin and, of a
            single step, its distribution; None where it stands on none.
        times: ``(context_length,)``, int64: the time of each bar seen, in UTC nanoseconds; None where not asked for.
        future: ``(horizon, features)``, float32: what is known beforehand of the targets' times; None likewise.
        identity: the number that the model knows the series by, int64, 0 for an unknown one; None likewise.
        together: ``(series, context_length, channels)``, float64: the bars of all series at the same times, where
            ``data.across`` is true; else None.

    A batch has one more dimension in front of each.

    >>> from cryptoforecast import SimulatedSource, WindowDataset
    >>> window = WindowDataset([SimulatedSource(rows=100).load()], context_length=30, horizon=7)[0]
    >>> window.context.shape, window.target.shape
    (torch.Size([30, 1]), torch.Size([7]))
    """

    context: Float64[Tensor, "*batch context_length channels"]
    target: Float64[Tensor, "*batch horizon"]
    origin: Int64[Tensor, "*batch"]
    series: Int64[Tensor, "*batch"]
    state: Float64[Tensor, "*batch states"] | None = None
    times: Int64[Tensor, "*batch context_length"] | None = None
    future: Float32[Tensor, "*batch horizon features"] | None = None
    identity: Int64[Tensor, "*batch"] | None = None
    together: Float64[Tensor, "*batch series context_length channels"] | None = None

    def tensors(self) -> dict[str, Tensor]:
        """The fields by name, without those that are None."""
        return {name: field for name, field in self._asdict().items() if field is not None}


def to_device(window: Window, device: torch.device) -> Window:
    """Move a window or a batch to a device.

    Prices stay float64, except on Apple's GPUs (``mps``), which have float32 only.
    """
    if window.context.device == device:
        return window
    if device.type == "mps":
        state = None if window.state is None else window.state.float()
        together = None if window.together is None else window.together.float()
        window = window._replace(
            context=window.context.float(), target=window.target.float(), state=state, together=together
        )
    without_waiting = device.type == "cuda"  # elsewhere the copy may be read before it is there
    return Window(**{name: field.to(device, non_blocking=without_waiting) for name, field in window.tensors().items()})
