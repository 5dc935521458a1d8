"""Pictures, with the random walk in every one."""

from pathlib import Path

import pandas as pd
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cryptoforecast.evaluation.figures import plot_forecast, save_forecast_figure
from tests.conftest import Run
from tests.evaluation.test_significance import walk_and_model

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


def test_of_a_longer_horizon_the_last_step_is_drawn() -> None:
    week = pd.concat([ROWS.assign(step=step, forecast=ROWS["forecast"] + step) for step in range(1, 8)])
    whole = plot_forecast(week, "val").axes[0]
    assert "close 7 steps ahead" in whole.get_title(loc="left")
    line = next(line for line in whole.lines if str(line.get_label()).startswith("Model"))
    assert line.get_ydata()[0] == ROWS["forecast"].iloc[0] + 7


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    save_forecast_figure(ROWS, "test", tmp_path / "forecast.png")
    assert (tmp_path / "forecast.png").read_bytes()[:4] == b"\x89PNG"


def test_tensorboard_has_the_curves_of_model_and_random_walk_and_the_picture(fitted: Run) -> None:
    events = EventAccumulator(str(fitted.folder))
    events.Reload()
    tags = events.Tags()
    curves = {
        "train/loss", "val/loss", "val/loss_random_walk", "val/rmse", "val/rmse_random_walk",
        "val/skill", "val/skill_random_walk", "learning_rate",
    }  # fmt: skip
    assert curves <= set(tags["scalars"])
    assert tags["images"] == ["val/forecast"]
    assert [event.step for event in events.Scalars("val/skill")] == [0]  # epochs, not optimizer steps
    assert {event.value for event in events.Scalars("val/skill_random_walk")} == {0.0}
    assert "custom_scalars__config__" in tags["tensors"]
