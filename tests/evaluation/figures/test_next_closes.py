"""The figure of the next closes, and how a figure is written into a file of any format."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from cryptoforecast import UserError
from cryptoforecast.evaluation.figures.canvas import require_format, write_figure
from cryptoforecast.evaluation.figures.next_closes import plot_next_closes
from cryptoforecast.quantiles import COLUMNS
from tests.evaluation.helpers import distribution_rows

CLOSES = pd.Series(np.linspace(90.0, 100.0, 100), pd.date_range("2024-01-01", periods=100, tz="UTC"), name="COIN-USD")


def next_rows(steps: int = 3, series: str = "COIN-USD") -> pd.DataFrame:
    rows = distribution_rows("LSTM", 0.02, np.full(steps, 101.0))
    times = CLOSES.index[-1] + pd.Timedelta("1D") * np.arange(1, steps + 1)
    rows = rows.assign(series=series, origin=CLOSES.index[-1], step=np.arange(1, steps + 1), timestamp=times)
    return rows.drop(columns=["actual", "pit", "log_density"])


def test_the_fan_begins_at_the_last_close_after_the_last_sixty() -> None:
    rows = next_rows()
    figure = plot_next_closes(rows, {"COIN-USD": CLOSES})
    (axes,) = figure.axes
    lines = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.lines}
    assert lines["close"] == CLOSES.tail(60).tolist()
    assert lines["LSTM: median"] == [100.0, *rows["0.5"]]
    assert lines["random walk"] == [100.0, 100.0]
    for label, low, high in (("LSTM: 90 %", "0.05", "0.95"), ("LSTM: 50 %", "0.25", "0.75")):
        (band,) = [part for part in axes.collections if part.get_label() == label]
        assert set(np.asarray(band.get_paths()[0].vertices)[:, 1]) == {100.0, *rows[low], *rows[high]}
    assert figure.get_suptitle() == "The next 3 closes after 2024-04-09, of LSTM"
    assert axes.get_title(loc="right") == "2024-04-12: 100.00, 90 %: 96.764 to 103.34"


def test_of_a_model_without_distributions_its_forecasts_are_drawn_alone() -> None:
    rows = next_rows(2).drop(columns=list(COLUMNS)).assign(forecast=[101.0, 102.0])
    (axes,) = plot_next_closes(rows, {"COIN-USD": CLOSES}).axes
    lines = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.lines}
    assert lines["LSTM"] == [100.0, 101.0, 102.0]
    assert not axes.collections
    assert axes.get_title(loc="right") == "2024-04-11: 102.00"


def test_each_of_several_series_has_a_panel() -> None:
    names = [f"COIN{number}-USD" for number in range(4)]
    rows = pd.concat([next_rows(1, name) for name in names])
    figure = plot_next_closes(rows, dict.fromkeys(names, CLOSES), simulated=True)
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()] == names
    assert figure.get_suptitle() == "The next close after 2024-04-09, of LSTM (SIMULATED)"
    assert len([part for part in figure.axes[0].collections if part.get_label().startswith("_")]) == 2  # the bars


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")])
def test_the_suffix_decides_the_format_and_the_same_figure_has_the_same_bytes(
    tmp_path: Path, suffix: str, begins: bytes
) -> None:
    paths = [tmp_path / f"{name}.{suffix}" for name in ("first", "second")]
    for path in paths:
        write_figure(plot_next_closes(next_rows(), {"COIN-USD": CLOSES}), path)
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(begins)
    assert first == second
    assert len(list(tmp_path.iterdir())) == 2


def test_another_suffix_is_refused() -> None:
    for name in ("fan.gif", "fan"):
        with pytest.raises(UserError, match=f"^{name}: a figure is written as PNG, SVG or PDF"):
            require_format(Path(name))


def test_a_figure_that_cannot_be_drawn_leaves_what_was_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fan.png"
    path.write_text("before")

    def broken(self: Figure, file: object, **_: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "the disk is full")

    monkeypatch.setattr(Figure, "savefig", broken)
    with pytest.raises(OSError, match="full"):
        write_figure(Figure(), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
