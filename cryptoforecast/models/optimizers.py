"""What learns, in the quickest of its equal ways, and what moves its learning rate."""

from typing import Any

from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable, ReduceLROnPlateau
from torch.optim import SGD, Adam, AdamW, Optimizer

from cryptoforecast.errors import UserError

HAVE_A_KERNEL = (Adam, AdamW, SGD)


def optimization_of(model: LightningModule, optimizer: OptimizerCallable, scheduler: LRSchedulerCallable | None) -> Any:
    """What ``configure_optimizers`` returns: an optimizer of all weights, and a scheduler where there is one.

    Raises:
        UserError: if a setting of the optimizer is none.
    """
    try:
        learning = optimizer(model.parameters())
    except ValueError as problem:
        raise UserError(f"model.optimizer: {problem}.") from None
    take_fused_steps(learning)
    if scheduler is None:
        return learning
    moving = scheduler(learning)
    monitor = {"monitor": moving.monitor} if isinstance(moving, ReduceLROnPlateau) else {}
    return {"optimizer": learning, "lr_scheduler": {"scheduler": moving, **monitor}}


def take_fused_steps(optimizer: Optimizer) -> None:
    """On a CPU, have all weights moved by one kernel instead of a dozen operations for each, which take longer.

    Whoever has set ``fused`` or ``foreach`` has it as set. On a GPU torch chooses well by itself.
    """
    for group in optimizer.param_groups if type(optimizer) in HAVE_A_KERNEL else ():
        usual = not any(group.get(name) for name in ("capturable", "differentiable"))
        undecided = group.get("fused") is None and group.get("foreach") is None
        fitting = all(weights.device.type == "cpu" and weights.is_floating_point() for weights in group["params"])
        if usual and undecided and fitting:
            group["fused"] = True
