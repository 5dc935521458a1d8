"""Pictures of forecasts, for TensorBoard and as PNG. The random walk is in every one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from cryptoforecast.data.datamodule import closes_of
from cryptoforecast.evaluation.canvas import ACTUAL, FORECAST, MOST_SERIES, WALK, show_dates, tidy
from cryptoforecast.evaluation.change_figure import plot_changes
from cryptoforecast.evaluation.error_figure import plot_errors
from cryptoforecast.evaluation.forecasts import forecast_rows
from cryptoforecast.evaluation.metrics import RANDOM_WALK, scores
from cryptoforecast.evaluation.table import say_price
from cryptoforecast.evaluation.verdict import name_of
from cryptoforecast.models.baselines import RandomWalk
from cryptoforecast.models.forecaster import Forecaster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLOSE_UP = 60  # targets in the lower panel, where the eye can tell the lines apart

# Curves that say something only side by side, on TensorBoard's page of custom scalars.
CHARTS = {
    "beside the random walk": {
        "loss": ["Multiline", ["train/loss", "val/loss", "val/loss_random_walk"]],
        "RMSE in price": ["Multiline", ["val/rmse", "val/rmse_random_walk"]],
        "skill, where zero is the random walk": ["Multiline", ["val/skill", "val/skill_random_walk"]],
    }
}


def plot_forecast(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Forecast, actual and random walk over time: all targets above, the last sixty below.

    Of a horizon longer than one, the last step is drawn: the close that was hardest to foresee. Of several series
    each has a row of its own, all targets on the left and the last sixty on the right; of many, the first few.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: which targets these are, for the title.
        simulated: whether anybody ever traded at these prices, for the title.
    """
    from matplotlib.figure import Figure

    names = list(rows["series"].unique())
    if len(names) == 1:
        figure = Figure(figsize=(10, 6.5), layout="constrained", dpi=120)
        whole, close_up = figure.subplots(2, 1, height_ratios=[3, 2])
        _draw_series(rows, split, simulated, whole, close_up)
        return figure
    drawn = names[:MOST_SERIES]
    figure = Figure(figsize=(13, 3.2 * len(drawn)), layout="constrained", dpi=110)
    panels = figure.subplots(len(drawn), 2, width_ratios=[3, 2])
    for name, (whole, close_up) in zip(drawn, panels, strict=True):
        _draw_series(rows[rows["series"] == name], split, simulated, whole, close_up)
    if len(names) > len(drawn):
        figure.suptitle(f"the first {len(drawn)} of {len(names)} series")
    return figure


def _draw_series(rows: pd.DataFrame, split: str, simulated: bool, whole: "Axes", close_up: "Axes") -> None:
    table, model, step = scores(rows), str(rows["model"].iloc[0]), int(rows["step"].max())
    drawn = rows[rows["step"] == step]
    own, walk = drawn[drawn["model"] == model], drawn[drawn["model"] == RANDOM_WALK]
    for axes, last in ((whole, len(own)), (close_up, CLOSE_UP)):
        _draw(axes, own.tail(last), walk.tail(last), table)
    ahead = "next close" if step == 1 else f"close {step} steps ahead"
    skill = table[model]["skill"]
    whole.set_title(
        f"{name_of(own['series'].iloc[0], simulated)}: {ahead}, {len(rows[rows['model'] == model]):,} {split} targets",
        loc="left",
        fontweight="bold",
    )
    steps = "" if step == 1 else f" over all {step} steps"
    whole.set_title(f"skill {skill:+.4f}{steps} (random walk: 0)", loc="right", fontsize="medium")
    whole.legend(loc="best", frameon=False)
    close_up.set_title(f"the last {min(CLOSE_UP, len(own))}", loc="left", fontsize="medium")


def save_forecast_figure(rows: pd.DataFrame, split: str, path: Path, simulated: bool = False) -> None:
    """Write :func:`plot_forecast` as PNG."""
    plot_forecast(rows, split, simulated).savefig(path)


PICTURES = {"forecast": plot_forecast, "changes": plot_changes, "errors": plot_errors}


def save_figures(rows: pd.DataFrame, split: str, folder: Path, simulated: bool = False) -> None:
    """Write ``forecast.png``, ``changes.png`` and ``errors.png`` into a folder."""
    for name, plot in PICTURES.items():
        plot(rows, split, simulated).savefig(folder / f"{name}.png")


class ForecastFigure(Callback):
    """Shows forecast, actual and random walk on the validation targets in TensorBoard, as training goes on.

    Beside them are forecast change against actual change, and error over time. It also puts the model's curves and
    the random walk's into common charts, under Custom Scalars.

    Args:
        every_n_epochs: how many epochs go by from one picture to the next.
    """

    def __init__(self, every_n_epochs: int = 5) -> None:
        self.every_n_epochs = every_n_epochs

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lay out the common charts."""
        if board := _tensorboard(trainer):
            board.add_custom_scalars(CHARTS)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the validation targets."""
        board, data = _tensorboard(trainer), closes_of(trainer)
        due = (
            trainer.state.fn == "fit"
            and not trainer.sanity_checking
            and trainer.current_epoch % self.every_n_epochs == 0
        )
        if not (due and board and data and isinstance(pl_module, Forecaster)):
            return
        walk = RandomWalk(context_length=data.context_length, horizon=data.horizon)
        both = [forecast_rows(model, data.windows, data.fold.val, pl_module.device) for model in (pl_module, walk)]
        rows = pd.concat(both)
        for name, plot in PICTURES.items():
            board.add_figure(f"val/{name}", plot(rows, "val", data.simulated), global_step=trainer.current_epoch)


def _draw(axes: "Axes", own: pd.DataFrame, walk: pd.DataFrame, table: Any) -> None:
    model = str(own["model"].iloc[0])
    lines = {  # the random walk lies broad beneath, where a copy of it would hide it otherwise
        f"random walk (RMSE {say_price(table[RANDOM_WALK]['rmse'])})": (walk["forecast"], WALK, 4.0),
        "actual": (own["actual"], ACTUAL, 1.4),
        f"{model} (RMSE {say_price(table[model]['rmse'])})": (own["forecast"], FORECAST, 1.2),
    }
    for label, (values, color, width) in lines.items():
        axes.plot(own["timestamp"], values.to_numpy(), label=label, color=color, linewidth=width)
    show_dates(axes)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel("close")
    axes.margins(x=0.01)
    tidy(axes)


def _tensorboard(trainer: Trainer) -> Any:
    loggers = (logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger))
    return next((logger.experiment for logger in loggers), None) if trainer.is_global_zero else None
