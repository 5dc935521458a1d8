"""The order of a data module's training windows in each epoch."""

from typing import TYPE_CHECKING

from cryptoforecast.data.across import by_time
from cryptoforecast.data.batches import BatchOrder
from cryptoforecast.data.processes import Process

if TYPE_CHECKING:
    from cryptoforecast.data.datamodule import CloseDataModule


def training_order(data: "CloseDataModule", process: Process, seed: int) -> BatchOrder:
    """The training windows of each epoch, batch by batch: shuffled, or as the data module's ``sample`` chooses them.

    Where a model sees all series at once, the windows of one time stay together.

    Args:
        data: set up for ``fit``.
        process: which of the processes this is.
        seed: of the orders of all epochs.
    """
    windows, together = by_time(data.windows, data.fold.train) if data.across else (data.fold.train, 1)
    return BatchOrder(
        windows,
        data.batch_size * process.world_size,
        shuffle=True,
        seed=seed,
        process=process,
        drop_last=data.drop_last,
        sample=data.sample,
        together=together,
    )
