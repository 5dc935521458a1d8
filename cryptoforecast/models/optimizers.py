"""What learns, in the quickest of its equal ways."""

from torch.optim import SGD, Adam, AdamW, Optimizer

HAVE_A_KERNEL = (Adam, AdamW, SGD)


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
