"""The curves of an evaluation: the model's beside the random walk's."""

import torch
from jaxtyping import Float
from torch import Tensor


def evaluation_curves(stage: str, means: Float[Tensor, " means"]) -> dict[str, Tensor]:
    """Loss, RMSE in price and skill, by the names they are logged under.

    Args:
        stage: ``val`` or ``test``.
        means: over all windows: the loss of model and random walk; then, a number for each series, the squared error in
            price of the model, that of the random walk, and the series' share of the windows.
    """
    (loss, walk_loss), (errors, walk_errors, shares) = means[:2], means[2:].view(3, -1)
    present = shares > 0  # a series may have no window in a set
    ratios = errors[present].sqrt() / walk_errors[present].sqrt()
    skills = torch.where(errors[present] == walk_errors[present], 0.0, 1 - ratios)  # closes may stand still
    curves = {
        f"{stage}/loss": loss,
        f"{stage}/loss_random_walk": walk_loss,
        f"{stage}/rmse": errors.sum().sqrt(),
        f"{stage}/rmse_random_walk": walk_errors.sum().sqrt(),
        f"{stage}/skill": skills.mean(),
        f"{stage}/skill_random_walk": torch.zeros(()),
    }
    return {name: value.float() for name, value in curves.items()}
