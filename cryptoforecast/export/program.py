"""A network as a program of torch.export, for batches of any size."""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def program_of(
    network: nn.Module, arguments: tuple[Tensor, ...], named: Mapping[str, Tensor | None]
) -> torch.export.ExportedProgram:
    """A network as torch.export traces it, with the first dimension of each input left open.

    Args:
        network: the module.
        arguments: an example of what its ``forward`` is given by position.
        named: an example of what it is given by name; None stays None.

    Raises:
        Exception: of many kinds, where the network computes with more than torch or decides by values.
    """
    batch = torch.export.Dim("batch", min=2)
    sizes: Any = (
        *({0: batch} for _ in arguments),
        *(None if value is None else {0: batch} for value in named.values()),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the weights that recurrent layers of torch list once more
        return torch.export.export(network, arguments, dict(named), dynamic_shapes=_by_name(network, sizes, named))


def _by_name(network: nn.Module, sizes: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    count = len(sizes) - len(named)
    positional = list(inspect.signature(network.forward).parameters)[:count]
    return dict(zip([*positional, *named], sizes, strict=True))
