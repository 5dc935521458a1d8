"""Forecasting the next closes: ``cryptoforecast.predict``, and what ``python -m cryptoforecast predict`` calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.plots import default_style
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.figures.canvas import require_format, write_figure
from cryptoforecast.evaluation.figures.next_closes import plot_next_closes
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.next_closes import next_closes
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.judge import own_steps, trained_model
from cryptoforecast.training.ledger_entries import compare_with_fit
from cryptoforecast.training.setting_errors import refusals_in_one_sentence
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.from_python import call_of
from cryptoforecast.user_folders import expand_home


class Predicted(NamedTuple):
    """Forecast rows, and the files that they were written and drawn into, of those that were named."""

    rows: pd.DataFrame
    output: Path | None
    plot: Path | None


def predict(
    run: Any = None, *, config: Any = None, source: Any = None, model: Any = None, **options: Any
) -> pd.DataFrame:
    """The forecast closes after the last bar that is over, as ``python -m cryptoforecast predict`` prints them.

    Args:
        run: a run, a run folder or a checkpoint; None for a model without weights, such as ``model=cf.Drift``.
        config: a configuration file or dictionary, for a model without weights.
        source: closes to use in the place of those that the model was fitted on.
        model: a model without weights; a run has its own.
        options: options of the data by their names, such as ``end="2024-01-01"``, ``output``, a CSV file, and
            ``plot``, a PNG, SVG or PDF file for a figure of the forecasts.

    Returns:
        A row for each series and step, with the columns of forecast rows but ``actual``; of a model that forecasts
        distributions also 21 quantiles, ``0.01, 0.05, 0.1 … 0.95, 0.99``.

    Raises:
        UserError: if there is no such checkpoint, or the closes are not as they should be.

    >>> predict("runs/btc/version_0", end="2024-01-01")[["timestamp", "forecast"]]  # doctest: +SKIP
    """
    path = None if run is None else checkpoint_of_run(run)
    call = call_of("predict", config, source=source, model=model, ckpt_path=path, **options)
    with quiet_libraries(), refusals_in_one_sentence():
        return predict_words(call.words, call.objects).rows


def predict_words(words: Sequence[str], objects: Mapping[str, Any] | None = None) -> Predicted:
    """Forecast with what a command line names.

    Args:
        words: the command line, which begins with ``predict``.
        objects: options of the trainer that no text can stand for, by name.

    Raises:
        UserError: as :func:`predict`.

    >>> predict_words(["predict", "--ckpt_path", "best.ckpt"]).rows  # doctest: +SKIP
    """
    made = make(words, CommandLine, objects=objects)
    output, plot = (_file_named(made, option) for option in ("output", "plot"))
    if plot is not None:
        require_format(plot)
    made.datamodule.setup("predict")
    if made.checkpoint is not None:
        compare_with_fit(made.checkpoint, made.restored, made.datamodule)
    model = trained_model(made)
    rows = next_closes(model, made.datamodule)
    if output is not None:
        to_csv(rows, output)
    if plot is not None:
        _draw(rows, made.datamodule, plot)
    own_steps(made, model, Path() if output is None else output.parent)
    return Predicted(rows, output, plot)


def _file_named(made: CommandLine, option: str) -> Path | None:
    """The file that an option names, if it does.

    Raises:
        UserError: if there is no folder for it.
    """
    chosen = made.verb_options.get(option)
    path = None if chosen is None else expand_home(chosen)
    if path is not None and not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write it into.")
    return path


def _draw(rows: pd.DataFrame, data: CloseDataModule, path: Path) -> None:
    closes = {str(series.closes.name): series.closes for series in data.series}
    with default_style():
        write_figure(plot_next_closes(rows, closes, data.simulated), path)
