"""Metrics by epoch and how they are logged; those of an evaluation include the random walk's."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from torch import Tensor

from cryptoforecast.models.contract.finite_weights import learning_rate_of


def evaluation_curves(
    stage: str, means: Float[Tensor, " means"], diverged: bool = True, series: Sequence[str] = ()
) -> dict[str, Tensor]:
    """Loss, RMSE in price and skill, by the names they are logged under.

    Args:
        stage: ``val`` or ``test``.
        means: means over all windows, in the layout of :func:`batch_errors.errors_on`.
        diverged: whether a loss that is not finite is kept, as a sign that training has diverged; otherwise it is left
            out, as the forecasts have no scaled value. The random walk's loss is left out where it is NaN.
        series: names of the series; with several, the skill of each that has windows is logged as well.
    """
    (loss, walk_loss), (errors, walk_errors, shares) = means[:2], means[2:].view(3, -1)
    present = shares > 0  # a series may have no window in this set
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
    """Log numbers of an epoch at the epoch's number; Lightning would log them at the step of the optimizer.

    While training they go straight to loggers and callbacks: Lightning goes through all that ``self.log`` was given
    again in every batch that follows.
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


def log_training(module: LightningModule, curves: Mapping[str, Tensor]) -> None:
    """Log the learning rate of an epoch and the curves of its training steps."""
    rate = torch.as_tensor(learning_rate_of(module.trainer), dtype=torch.float32)
    log_over_epochs(module, {"learning_rate": rate, **curves})
