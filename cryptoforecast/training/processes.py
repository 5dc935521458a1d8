"""Several processes that train one model: if one of them fails, all end, and one prints the error."""

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch import Trainer

from cryptoforecast.errors import UserError
from cryptoforecast.training.lightning.trainer_state import kill_launched_processes

ONE_DEVICE = re.compile(r"1|\[\s*\d+\s*\]|\d+,")  # trainer.devices for one device
GRACE = 3.0  # seconds in which the first process, if it fails for the same reason, ends the others
LOST_CONNECTION = (
    "closed by peer",
    "reset by peer",
    "broken pipe",
    "gloo",
    "nccl",
    "process group",
)  # in errors of torch when another process has ended


def single_process_in_slurm(trainer: Any) -> list[ClusterEnvironment]:
    """The plugin with which one process trains alone in a SLURM job of several tasks, such as an interactive shell.

    Without it Lightning takes each task for a process of the fit.

    Args:
        trainer: its options.

    Raises:
        UserError: if this is not the first task, since each task would train the same model.
    """
    tasks, task = os.environ.get("SLURM_NTASKS", "1"), os.environ.get("SLURM_PROCID", "0")
    single = trainer.num_nodes == 1 and bool(ONE_DEVICE.fullmatch(str(trainer.devices)))
    if tasks == "1" or not single or not SLURMEnvironment.detect():
        return []
    if task != "0":
        raise UserError(
            f"this is task {task} of the {tasks} of a SLURM job (SLURM_NTASKS), and trainer.devices is 1: start one "
            "task, with srun --ntasks=1, or set trainer.devices to their number."
        )
    return [LightningEnvironment()]


@contextmanager
def fail_together(trainer: Trainer) -> Iterator[None]:
    """A context in which several processes of a fit all end if one of them fails, with one error message.

    Raises:
        UserError: if another process has ended and the connection to it is lost.
    """
    if trainer.world_size == 1:
        yield
        return
    if not trainer.is_global_zero:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        yield
    except BaseException as problem:
        lost = type(problem) is RuntimeError and any(word in str(problem).lower() for word in LOST_CONNECTION)
        if trainer.is_global_zero:
            kill_launched_processes(trainer)
            if lost:
                raise UserError("another process of this fit has ended, and with it this one.") from None
            raise
        time.sleep(GRACE)
        if lost or isinstance(problem, SystemExit):
            os._exit(1)
        raise


def _end_with(parent: int) -> None:
    """End this process as soon as the process that started it has ended."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
