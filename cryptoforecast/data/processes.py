"""The processes of a fit: the number of this one, and the seed that all use."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.errors import UserError

if TYPE_CHECKING:
    from lightning.pytorch import Trainer


class Process(NamedTuple):
    """One of the processes that train together.

    ``rank`` is its number from 0, ``world_size`` how many there are, as in ``torch.distributed``.
    """

    rank: int = 0
    world_size: int = 1


def process_of(trainer: "Trainer | None") -> Process:
    """This process of a trainer; without a trainer, the only one."""
    return Process() if trainer is None else Process(trainer.global_rank, trainer.world_size)


def agreed_seed(trainer: "Trainer | None", series: Sequence[CloseSeries]) -> int:
    """The seed of the first process, which all processes use; all must have read the same closes.

    Raises:
        UserError: in all processes, if one of them has read other closes, such as a bar that came meanwhile.
    """
    seed = torch.initial_seed()
    if trainer is None or trainer.world_size == 1:
        return seed
    read = {(member.provenance.symbol, member.provenance.sha256) for member in series}
    by_process = [trainer.strategy.broadcast((seed, read), rank) for rank in range(trainer.world_size)]
    seed, common = by_process[0][0], set.intersection(*(closes for _, closes in by_process))
    if differing := sorted({symbol for _, closes in by_process for symbol, _ in closes - common}):
        raise UserError(
            f"{', '.join(differing)}: the processes of this fit have read different closes; "
            "set data.end to a day whose bar is over, or read from a file."
        )
    return int(seed)
