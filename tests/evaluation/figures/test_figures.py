"""Pictures, with the random walk in every one."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cryptoforecast.evaluation.figures.changes import plot_changes
from cryptoforecast.evaluation.figures.forecast import plot_forecast
from cryptoforecast.evaluation.figures.tensorboard import CHART_OF_SERIES, CHARTS, PICTURES, save_figures
from tests.evaluation.helpers import following, volatility_rows
from tests.helpers import Run, coins, walk_and_model

ROWS = pd.concat(walk_and_model(0, noise=0.5))


def test_both_panels_show_forecast_actual_and_random_walk() -> None:
    whole, close_up = plot_forecast(ROWS, "test").axes
    for axes, count in ((whole, 200), (close_up, 60)):
        drawn = {line.get_label().split(" (")[0]: line for line in axes.lines}
        assert set(drawn) == {"actual", "random walk", "Model"}
        own = ROWS[ROWS["model"] == "Model"].tail(count)
        assert drawn["Model"].get_ydata().tolist() == own["forecast"].tolist()
        assert drawn["actual"].get_ydata().tolist() == own["actual"].tolist()
        assert drawn["random walk"].get_ydata().tolist() == [100.0] * count
    assert [text.get_text().split(" (")[0] for text in whole.get_legend().get_texts()] == [
        "random walk",
        "actual",
        "Model",
    ]


def test_the_title_says_series_split_count_and_skill() -> None:
    whole = plot_forecast(ROWS, "test").axes[0]
    assert whole.get_title(loc="left") == "COIN-USD: next close, 200 test targets"
    assert whole.get_title(loc="right").startswith("skill -0.0")
    assert "SIMULATED" in plot_forecast(ROWS, "test", simulated=True).axes[0].get_title(loc="left")


def test_volatilities_are_not_called_closes() -> None:
    rows = volatility_rows({"LSTM": 0.2}, count=100)
    for figure in (plot_forecast(rows, "test"), plot_changes(rows, "test")):
        assert "volatility: next volatility, " in figure.axes[0].get_title(loc="left")
    assert plot_forecast(rows, "test").axes[0].get_ylabel() == "volatility"


def test_of_a_longer_horizon_the_last_step_is_drawn() -> None:
    week = pd.concat([ROWS.assign(step=step, forecast=ROWS["forecast"] + step) for step in range(1, 8)])
    whole = plot_forecast(week, "val").axes[0]
    assert "close 7 steps ahead" in whole.get_title(loc="left")
    line = next(line for line in whole.lines if str(line.get_label()).startswith("Model"))
    assert line.get_ydata()[0] == ROWS["forecast"].iloc[0] + 7


def test_each_of_several_series_has_a_row_with_the_random_walk() -> None:
    panels = plot_forecast(pd.concat(coins(3, 0)), "test").axes
    assert len(panels) == 6
    for number, (whole, close_up) in enumerate(zip(panels[::2], panels[1::2], strict=True)):
        assert whole.get_title(loc="left") == f"COIN{number}-USD: next close, 200 test targets"
        for axes, count in ((whole, 200), (close_up, 60)):
            drawn = {line.get_label().split(" (")[0]: line for line in axes.lines}
            assert set(drawn) == {"actual", "random walk", "Model"}
            assert drawn["random walk"].get_ydata().tolist() == [100 * 10.0 ** (number - 2)] * count


def test_of_many_series_the_first_few_are_drawn() -> None:
    figure = plot_forecast(pd.concat(coins(8, 0)), "test")
    assert len(figure.axes) == 12
    assert figure.get_suptitle() == "the first 6 of 8 series"


def beside_walk(own: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([own, own.assign(model="RandomWalk", forecast=own["last"])])


def test_the_picture_of_changes_has_a_point_for_each_target_the_random_walk_and_the_lags() -> None:
    own = following("Model", late=0.2)
    changes, lags = PICTURES["changes"](beside_walk(own), "test").axes
    points = np.asarray(changes.collections[0].get_offsets())
    assert np.allclose(points[:, 0], 100 * (own["actual"] / own["last"] - 1))
    assert np.allclose(points[:, 1], 100 * (own["forecast"] / own["last"] - 1))
    assert [line.get_label() for line in changes.lines] == ["random walk", "knows all"]
    assert lags.get_title(loc="left") == "best lag 1: a copy of the last value"
    heights = [bar.get_height() for bar in lags.patches]
    assert len(heights) == 11
    assert int(np.argmax(heights)) == 1


def test_the_picture_of_errors_has_both_and_ends_where_the_skill_is() -> None:
    rows = beside_walk(following("Model", late=0.2, simulated_skill=0.3))
    errors, saved = PICTURES["errors"](rows, "test").axes
    assert [line.get_label() for line in errors.lines] == ["random walk", "Model"]
    own, walk = (np.square(of["forecast"] - of["actual"]) for _, of in rows.groupby("model"))
    last = [np.asarray(line.get_ydata())[-1] for line in errors.lines]
    assert np.allclose(last, [np.sqrt(walk.tail(30).mean()), np.sqrt(own.tail(30).mean())])
    assert np.isclose(np.asarray(saved.lines[-1].get_ydata())[-1], 100 * (1 - own.sum() / walk.sum()))
    assert saved.get_title(loc="right").startswith("in all +")


@pytest.mark.parametrize("name", ["changes", "errors"])
def test_of_several_series_each_has_a_row_and_of_many_the_first_few(name: str) -> None:
    assert len(PICTURES[name](pd.concat(coins(3, 0)), "test").axes) == 6
    many = PICTURES[name](pd.concat(coins(8, 0)), "test", simulated=True)
    assert len(many.axes) == 12
    assert many.get_suptitle() == "the first 6 of 8 series"
    assert all("SIMULATED" in axes.get_title(loc="left") for axes in many.axes[::2])


def test_closes_that_stand_still_and_a_random_walk_alone_are_drawn(tmp_path: Path) -> None:
    for rows in (ROWS.assign(actual=100.0, forecast=100.0), ROWS[ROWS["model"] == "RandomWalk"], ROWS.iloc[::200]):
        save_figures(rows, "test", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"forecast.png", "changes.png", "errors.png"}


def test_tensorboard_has_the_curves_of_model_and_random_walk_and_the_picture(fitted: Run) -> None:
    events = EventAccumulator(str(fitted.folder))
    events.Reload()
    tags = events.Tags()
    curves = {
        "train/loss", "val/loss", "val/loss_random_walk", "val/rmse", "val/rmse_random_walk",
        "val/skill", "val/skill_random_walk", "learning_rate",
    }  # fmt: skip
    assert curves <= set(tags["scalars"])
    assert tags["images"] == ["val/forecast", "val/changes", "val/errors"]
    assert [event.step for event in events.Scalars("val/skill")] == [0]  # epochs, not optimizer steps
    assert {event.value for event in events.Scalars("val/skill_random_walk")} == {0.0}
    assert "custom_scalars__config__" in tags["tensors"]


def test_the_charts_of_custom_scalars_have_the_curves_that_they_name_and_no_others() -> None:
    names = ["train/loss", "train/loss_by_step", "val/loss", "val/loss_random_walk", "val/rmse", "val/skill",
             "val/skill_random_walk", "val/skill/BTC/USD"]  # fmt: skip
    charts = [{name for name in names for one in patterns if re.match(one, name)} for _, patterns in CHARTS.values()]
    assert charts[0] == {"train/loss", "val/loss", "val/loss_random_walk"}
    assert charts[2] == {"val/skill", "val/skill_random_walk"}
    ((_, patterns),) = CHART_OF_SERIES.values()
    drawn = {name for name in names for one in patterns if re.match(one, name)}
    assert drawn == {"val/skill/BTC/USD", "val/skill_random_walk"}


@pytest.mark.parametrize("name", ["$x^2$", "$", "_own", r"\frac", "模型", "a name " * 12])
def test_any_name_can_be_drawn_and_stands_in_the_legend(tmp_path: Path, name: str) -> None:
    rows = ROWS.assign(series=name, model=ROWS["model"].where(ROWS["model"] == "RandomWalk", name))
    save_figures(rows, "test", tmp_path)
    whole = plot_forecast(rows, "test").axes[0]
    assert len(whole.get_legend().get_texts()) == 3
