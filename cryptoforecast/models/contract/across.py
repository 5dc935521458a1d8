"""One network for all series at once: it sees the bars of all at the same times, and forecasts all of them."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.distributions import Distribution

from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.arguments import arguments_of
from cryptoforecast.models.contract.calls import call_forward
from cryptoforecast.models.contract.signatures import has_method

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

OF_A_SERIES = ("series", "target")  # arguments of a single series, which forward cannot have where it sees all


def forward_across(model: "Forecaster", window: Window) -> Float[Tensor, "batch numbers"]:
    """What ``forward`` returns for the series of each window, called once for each time in the batch.

    ``forward`` is given ``(times, context_length, series * columns)``, series after series in the order of
    ``data.source``, each in the units of its own last close, and returns ``(times, series * numbers)`` in that order.

    Args:
        model: made with ``across``.
        window: the batch; it need not hold all series of a time.

    Raises:
        UserError: if the batch lacks the other series, or ``forward`` returns something else.
    """
    name, together = type(model).__name__, window.together
    if named := [argument for argument in OF_A_SERIES if argument in model.names_in_forward]:
        raise UserError(
            f"{name}.forward names {named[0]}, and with data.across it sees all series at once; leave {named[0]} out."
        )
    if together is None:
        raise UserError(
            f"{name} sees all series at once, and the bars of one do not hold those of others: forecast windows of a "
            "data module with across=True, as forecast_rows and predict do."
        )
    if together.shape[1] != model.series_count:
        raise UserError(
            f"{name} forecasts {model.series_count} series at once, and the data have {together.shape[1]}; give model "
            "and data the same series, and from Python say series_count."
        )
    first, place = first_of_each(window.origin)
    once = Window(**{field: tensor[first] for field, tensor in window.tensors().items()})
    assert once.together is not None
    scaled = model.network_inputs(once.together.flatten(0, 1)).view(once.together.shape)
    x = scaled.transpose(1, 2).flatten(2)
    returned: Tensor | Distribution = call_forward(model, x, arguments_of(model, once))
    if isinstance(returned, Distribution) or has_method(model, "point"):
        kind = type(returned).__name__
        raise UserError(
            f"{name}.forward gave a {kind}, which no head reads; with data.across it returns numbers for a head."
        )
    assert isinstance(returned, Tensor)
    return returned.reshape(len(x), model.series_count, -1)[place, window.series]


def first_of_each(origins: Int64[Tensor, " batch"]) -> tuple[Int64[Tensor, " times"], Int64[Tensor, " batch"]]:
    """The first window of each time in a batch, in the order of time, and the place of each window's time among them.

    >>> first_of_each(torch.tensor([7, 5, 7, 5]))
    (tensor([1, 0]), tensor([1, 0, 1, 0]))
    """
    times, place = torch.unique(origins, return_inverse=True)
    numbers = torch.arange(len(origins), device=origins.device)
    first = place.new_full((len(times),), len(origins)).scatter_reduce(0, place, numbers, "amin")
    return first, place
