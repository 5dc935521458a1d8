"""Curves over epochs; those of an evaluation have the random walk's beside the model's."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from torch import Tensor


def evaluation_curves(
    stage: str, means: Float[Tensor, " means"], diverged: bool = True, series: Sequence[str] = ()
) -> dict[str, Tensor]:
    """Loss, RMSE in price and skill, by the names they are logged under.

    Args:
        stage: ``val`` or ``test``.
        means: over all windows: the loss of model and random walk; then, a number for each series, the squared error in
            price of the model, that of the random walk, and the series' share of the windows.
        diverged: whether a loss that is no number says that training has diverged; else it is left out, since the
            forecasts have no scaled value. The random walk's is left out wherever it is none.
        series: the names of the series; of several, each that has a window has a skill of its own.
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
    if len(series) > 1:
        named = [name for name, is_present in zip(series, present.tolist(), strict=True) if is_present]
        curves |= {f"{stage}/skill/{name}": skill for name, skill in zip(named, skills, strict=True)}
    if walk_loss.isnan():
        del curves[f"{stage}/loss_random_walk"]
    if not diverged and not loss.isfinite():
        del curves[f"{stage}/loss"]
    return {name: value.float() for name, value in curves.items()}


def log_over_epochs(module: LightningModule, curves: Mapping[str, Tensor]) -> None:
    """Log numbers of an epoch by its number, where Lightning by itself would go by steps of the optimizer.

    While training they go straight to loggers and callbacks: what ``self.log`` has once been told, Lightning looks
    through again in every batch that follows.
    """
    trainer = module.trainer
    if trainer.state.fn != "fit":
        module.log_dict({**curves, "step": float(trainer.current_epoch)})
    elif not trainer.sanity_checking:
        trainer.callback_metrics.update(curves)
        trainer.logged_metrics.update(curves)
        numbers = {name: value.item() for name, value in curves.items()}
        for logger in trainer.loggers:
            logger.log_metrics(numbers, step=trainer.current_epoch)
            logger.save()  # a process that is killed leaves its curves
