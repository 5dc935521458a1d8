"""The figures of forecast rows, as PNG files and on TensorBoard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from cryptoforecast.data.batches import num_validated_windows
from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.data.plots import default_style
from cryptoforecast.evaluation.beside_baselines import ladder_rows
from cryptoforecast.evaluation.figures.calibration import plot_pit, plot_reliability
from cryptoforecast.evaluation.figures.canvas import write_png
from cryptoforecast.evaluation.figures.changes import plot_changes
from cryptoforecast.evaluation.figures.crps import plot_crps
from cryptoforecast.evaluation.figures.distribution_rows import is_distribution_judged, judged_rows
from cryptoforecast.evaluation.figures.errors import plot_errors
from cryptoforecast.evaluation.figures.fan import plot_fan
from cryptoforecast.evaluation.figures.forecast import plot_forecast
from cryptoforecast.evaluation.figures.sharpness import plot_sharpness
from cryptoforecast.evaluation.forecasts import forecast_rows
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.models.baselines import RandomWalk
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.ladder.ladder import Ladder

# Curves to compare in one chart, on TensorBoard's page of custom scalars; regular expressions for how a name begins.
CHARTS = {
    "loss": ["Multiline", ["train/loss$", "val/loss$", "val/loss_random_walk$"]],
    "RMSE in price": ["Multiline", ["val/rmse$", "val/rmse_random_walk$"]],
    "skill, where zero is the random walk": ["Multiline", ["val/skill$", "val/skill_random_walk$"]],
}
CHARTS_OF_DISTRIBUTIONS = {
    "CRPS in percent": ["Multiline", ["val/crps$", "val/crps_random_walk$", "val/crps_ewma$"]],
    "density skill, where zero is the random walk": ["Multiline", ["val/density_skill$"]],
    "coverage of the 90 % interval": ["Multiline", ["val/coverage_90$"]],
}
CHART_OF_SERIES = {"skill by series": ["Multiline", ["val/skill/.+", "val/skill_random_walk$"]]}
PICTURES = {"forecast": plot_forecast, "changes": plot_changes, "errors": plot_errors}
DISTRIBUTION_PICTURES = {
    "fan": plot_fan,
    "pit": plot_pit,
    "reliability": plot_reliability,
    "sharpness": plot_sharpness,
    "crps": plot_crps,
}


def save_figures(rows: pd.DataFrame, split: str, folder: Path, simulated: bool = False) -> list[str]:
    """Write ``forecast.png``, ``changes.png`` and ``errors.png`` into a folder.

    For a model that forecasts distributions, ``fan.png``, ``pit.png``, ``reliability.png``, ``sharpness.png`` and
    ``crps.png`` are written too.

    Returns:
        The names of the files.
    """
    files = figure_files(rows)
    with default_style():
        for file, plot in files.items():
            write_png(plot(rows, split, simulated), folder / file)
    return list(files)


def figure_files(rows: pd.DataFrame) -> dict[str, Callable[..., Any]]:
    """The names of the files that :func:`save_figures` writes, and what draws each."""
    pictures = PICTURES | (DISTRIBUTION_PICTURES if is_distribution_judged(rows) else {})
    return {f"{name}.png": plot for name, plot in pictures.items()}


class ForecastFigure(Callback):
    """Logs figures of the forecasts on validation targets to TensorBoard during a fit.

    Beside them are forecast change against actual change, and error over time; of a model that forecasts
    distributions, also their fan. It also puts the model's curves and the random walk's into common charts, under
    Custom Scalars.

    Args:
        every_n_epochs: how many epochs go by from one picture to the next; None for charts without pictures.
    """

    def __init__(self, every_n_epochs: int | None = 5) -> None:
        self.every_n_epochs = every_n_epochs

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lay out the common charts."""
        if board := _tensorboard(trainer):
            data = datamodule_of(trainer)
            several = data is not None and len(data.series) > 1
            with_head = isinstance(pl_module, Forecaster) and says_distribution(pl_module)
            further = (CHARTS_OF_DISTRIBUTIONS if with_head else {}) | (CHART_OF_SERIES if several else {})
            board.add_custom_scalars({"beside the random walk": CHARTS | further})

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the validation targets, those that validation looks at."""
        board, data = _tensorboard(trainer), datamodule_of(trainer)
        due = (
            trainer.state.fn == "fit"
            and not trainer.sanity_checking
            and self.every_n_epochs is not None
            and trainer.current_epoch % self.every_n_epochs == 0
        )
        if not (due and board and data and isinstance(pl_module, Forecaster)):
            return
        walk = RandomWalk(data.context_length, data.horizon, columns=data.columns)
        positions = data.fold.val[: num_validated_windows(trainer)]
        rows = pd.concat(
            [forecast_rows(model, data.windows, positions, pl_module.device) for model in (pl_module, walk)]
        )
        pictures = PICTURES
        if is_distribution_judged(rows):
            rows, pictures = _beside_rungs(rows, pl_module, data, positions), PICTURES | {"fan": plot_fan}
        with default_style():
            for name, plot in pictures.items():
                board.add_figure(f"val/{name}", plot(rows, "val", data.simulated), global_step=trainer.current_epoch)


def _beside_rungs(rows: pd.DataFrame, model: Forecaster, data: CloseDataModule, positions: Tensor) -> pd.DataFrame:
    """Rows of a model and of the random walk beside those of the other rungs that are fitted while it is trained."""
    if model._ladder_scores is None:
        return rows
    rungs = {name: rung for name, rung in model._ladder_scores.rungs.items() if name != RANDOM_WALK}
    return pd.concat([rows, ladder_rows(Ladder(rungs, {}), data, positions, judged_rows(rows))]) if rungs else rows


def _tensorboard(trainer: Trainer) -> Any:
    loggers = (logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger))
    return next((logger.experiment for logger in loggers), None) if trainer.is_global_zero else None
