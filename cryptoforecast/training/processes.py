"""Several processes that train one model: they begin together, fail together, and one of them speaks."""

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

ONE_DEVICE = re.compile(r"1|\[\s*\d+\s*\]|\d+,")  # as trainer.devices says it: a count, or the list of one
PATIENCE = 3.0  # seconds in which the first process, if it fails of the same cause, ends the others
CUT_OFF = ("closed by peer", "reset by peer", "broken pipe", "gloo", "nccl", "process group")  # a partner has gone


def single_process_in_slurm(trainer: Any) -> list[ClusterEnvironment]:
    """What lets one process train by itself in a SLURM job of several tasks, as in an interactive shell of one.

    Lightning would count the tasks as its processes.

    Args:
        trainer: its options.

    Raises:
        UserError: if this is another task than the first: each would train the same.
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
    """Where several processes train, let none outlive another's failure, and one say what it was.

    Raises:
        UserError: if another process has ended.
    """
    if trainer.world_size == 1:
        yield
        return
    if not trainer.is_global_zero:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        yield
    except BaseException as problem:
        gone = type(problem) is RuntimeError and any(word in str(problem).lower() for word in CUT_OFF)
        if trainer.is_global_zero:
            kill_launched_processes(trainer)
            if gone:
                raise UserError("another process of this fit has ended, and with it this one.") from None
            raise
        time.sleep(PATIENCE)
        if gone or isinstance(problem, SystemExit):
            os._exit(1)
        raise


def _end_with(parent: int) -> None:
    """End this process as soon as the one that started it is no more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
