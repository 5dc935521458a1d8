"""Forecast rows of a model beside those of the baselines, and of the ladder where it forecasts a distribution."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.evaluation.distribution.base_rate import with_base_rate
from cryptoforecast.evaluation.distribution.quantile_columns import RISE
from cryptoforecast.evaluation.forecasts import COLUMNS, DISTRIBUTION_COLUMNS, chosen_windows, forecast_rows
from cryptoforecast.evaluation.quantity import is_of_volatility, note_quantity
from cryptoforecast.evaluation.user_baselines import beside, fit_baselines, record_of_baselines
from cryptoforecast.evaluation.user_metrics import note
from cryptoforecast.evaluation.volatility_baselines import with_volatility_baselines
from cryptoforecast.models.baselines import BASELINES, RUNG_MODELS
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.ladder.in_price import in_price
from cryptoforecast.models.ladder.kept import kept_ladder
from cryptoforecast.models.ladder.ladder import Ladder, follow_all


def rows_beside_baselines(
    forecaster: Forecaster,
    data: CloseDataModule,
    split: Literal["val", "test"],
    device: str | torch.device = "cpu",
    most: int | None = None,
    ladder_file: Path | None = None,
    baselines: Sequence[Forecaster] = (),
) -> pd.DataFrame:
    """Forecast rows of a model and of each baseline on the same targets.

    Args:
        forecaster: the model; if it is a baseline itself, it is not repeated.
        data: the closes.
        split: which targets.
        device: where to compute.
        most: number of windows at most, from the first on; by default all.
        ladder_file: where the fitted ladder of a model with a distribution is kept, or a folder with a file for each
            ladder; by default it is fitted anew.
        baselines: further ones, such as :func:`~cryptoforecast.evaluation.user_baselines.make_baselines` makes; those
            with a ``fit(x, y)`` are fitted to the training windows of ``data``.

    Returns:
        Rows as :func:`forecast_rows` returns them, those of the model first, which :func:`judge` takes.

    >>> from cryptoforecast import Drift, SimulatedSource, judge
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = rows_beside_baselines(Drift(context_length=20), data, "test")
    >>> rows["model"].unique().tolist(), judge(rows).scores["RandomWalk"]["skill"]
    (['Drift', 'RandomWalk', 'Mean'], 0.0)
    """
    require_name_not_of_baseline(forecaster)
    usual = [baseline(data.context_length, data.horizon, columns=data.columns) for baseline in BASELINES]
    further = beside(forecaster, baselines)
    models = [forecaster, *(baseline for baseline in usual if type(baseline) is not type(forecaster)), *further]
    _, positions = chosen_windows(data, split)
    fit_baselines(further, data)
    parts = [forecast_rows(model, follow(model, data), positions[:most], device) for model in models]
    rows = pd.concat(parts, ignore_index=True)
    if DISTRIBUTION_COLUMNS[0] in parts[0]:
        ladder = kept_ladder(data.bars(), data.horizon, ladder_file)
        _notice_of_what_is_left_out(ladder)
        rows = _beside_ladder(rows, ladder, data, positions[:most], parts[0])
    if RISE in rows:
        rows = with_base_rate(rows, data)
    rows.attrs = {"split": split, "simulated": data.simulated}
    note_quantity(rows, data.series[0].quantity)
    if further:
        note(rows, "baselines", record_of_baselines(further))
    return with_volatility_baselines(rows, data) if is_of_volatility(rows) else rows


def _beside_ladder(
    rows: pd.DataFrame, ladder: Ladder, data: CloseDataModule, positions: Int64[Tensor, " windows"],
    judged: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Rows with those of the ladder but the judged rung; those of the random walk get its distribution, in place."""
    besides = {name: rung for name, rung in ladder.rungs.items() if name not in set(judged["model"])}
    further = ladder_rows(Ladder(besides, {}), data, positions, judged)
    replaced = {name for name in further["model"].unique() if name in set(rows["model"]) - set(judged["model"])}
    every = pd.concat([rows[~rows["model"].isin(replaced)], further], ignore_index=True)
    order = list(dict.fromkeys([*rows["model"], *further["model"]]))
    return every.iloc[np.argsort(pd.Categorical(every["model"], order).codes, kind="stable")].reset_index(drop=True)


def ladder_rows(
    ladder: Ladder, data: CloseDataModule, positions: Int64[Tensor, " windows"], like: pd.DataFrame
) -> pd.DataFrame:
    """Forecast rows of each rung of the ladder: distributions around the last close, which is their point forecast.

    Args:
        ladder: fitted.
        data: set up.
        positions: the numbers of the windows.
        like: rows of a model on the same windows, whose targets these have.

    Returns:
        Rows with the columns of distributions.
    """
    horizon, bars, parts = data.horizon, data.bars(), []
    origins = (data.windows.rows(positions) + data.context_length - 1).numpy()
    last, actual = (like[name].to_numpy().reshape(-1, horizon) for name in ("last", "actual"))
    for name, rung in ladder.rungs.items():
        quantiles, pit, density = in_price(rung, follow_all(rung, bars)[origins], last[:, 0], actual)
        values = np.concatenate([quantiles, pit[..., None], density[..., None]], axis=-1).reshape(len(like), -1)
        further = pd.DataFrame(values, columns=DISTRIBUTION_COLUMNS)
        rows = like[COLUMNS].reset_index(drop=True).assign(model=name, forecast=like["last"].to_numpy())
        parts.append(pd.concat([rows, further], axis="columns"))
    return pd.concat(parts, ignore_index=True)


def _notice_of_what_is_left_out(ladder: Ladder) -> None:
    """Say in one notice which rungs stand beside no model, and why."""
    if ladder.left_out:
        reasons = "; ".join(f"{name} is left out: {reason}" for name, reason in ladder.left_out.items())
        warnings.warn(f"Of the baselines' distributions, {reasons}.", DataNotice, stacklevel=4)


def require_name_not_of_baseline(forecaster: Forecaster) -> None:
    """Check that a model that is no baseline does not have the name of one.

    Raises:
        UserError: naming it.
    """
    name = type(forecaster).__name__
    baselines = (*BASELINES, *RUNG_MODELS)
    if name in {baseline.__name__ for baseline in baselines} and not isinstance(forecaster, baselines):
        raise UserError(f"{name} is the name of a baseline that stands in every table; give your class another.")
