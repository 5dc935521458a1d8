"""Fits of models with a distribution: from the command line and from Python, interrupted, and on other closes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import Trainer

import cryptoforecast as cf
from cryptoforecast.data.bars import HIGH, LOW
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from tests.cli.helpers import AMIDST, RUN, bits
from tests.helpers import Said, bars

TypeIn = Callable[..., Said]
HEAD, GO_ON = "--model.head=StudentT", "--trainer.max_steps=-1"
COUNT = 420


def write_bars(
    name: str, columns: tuple[str, ...] = ("Close", "High", "Low"), count: int = COUNT, seed: int = 0
) -> str:
    table = pd.DataFrame({column: bars(count, seed)[column] for column in columns})
    table.set_index(pd.date_range("2020-01-01", periods=count, name="Date")).to_csv(name)
    return name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with price files."""
    folder = tmp_path_factory.mktemp("heads")
    write_bars(str(folder / "COIN-USD.csv"))
    write_bars(str(folder / "B-USD.csv"), seed=1)
    write_bars(str(folder / "CLOSES.csv"), ("Close",))
    return folder


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Path:
    """A model that was trained with closes up to January 2021 there, on Har."""
    return trained(folder, end="2021-01-15")


def data_of(folder: Path, *names: str, **settings: object) -> cf.CloseDataModule:
    sources = [cf.CsvSource(str(folder / f"{name}.csv"), symbol=name.replace("CLOSES", "COIN-USD")) for name in names]
    borders = {"val_from": "2020-11-01", "test_from": "2020-12-01", "context_length": 6}
    return cf.CloseDataModule(sources or data_of(folder, "COIN-USD").source, **{**borders, **settings})  # type: ignore[arg-type]


def trained(folder: Path, *names: str, **settings: object) -> Path:
    """The checkpoint of a model that was trained for a few steps."""
    data = data_of(folder, *names, **settings)
    torch.manual_seed(0)
    model = cf.LSTM(context_length=6, head=cf.StudentT(), columns=data.columns)
    training = trainer(max_steps=3, limit_val_batches=0)
    training.fit(model, data)
    path = folder / f"{len(list(folder.glob('*.ckpt')))}.ckpt"
    training.save_checkpoint(path, weights_only=False)
    return path


def trainer(**options: object) -> Trainer:
    return Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                   enable_model_summary=False, **options)  # type: ignore[arg-type]  # fmt: skip


def rung_of(checkpoint: Path) -> dict[str, object]:
    """The rung in a checkpoint and what it has learned."""
    state: dict[str, object] = torch.load(checkpoint, weights_only=True)["state_dict"]["output_head.base._extra_state"]
    return state


@pytest.mark.slow
def test_stopped_within_an_epoch_a_fit_goes_on_to_the_same_bits_on_the_command_line_and_in_python(
    type_in: TypeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_bars("COIN-USD.csv")
    said = type_in(*AMIDST, HEAD)
    assert said.status == 0, said.err
    for _ in range(2):
        assert type_in(*AMIDST, HEAD, "--trainer.max_steps=30").status == 0
    said = type_in(*AMIDST, HEAD, f"--ckpt_path={RUN.with_name('version_1')}/checkpoints/last.ckpt", GO_ON)
    assert said.status == 0, said.err
    cf.fit(ckpt_path=RUN.with_name("version_2"), max_steps=-1, progress=False)
    for number in (1, 2):
        assert bits(RUN.with_name(f"version_{number}")) == bits(RUN)
    assert rung_of(RUN / "checkpoints" / "last.ckpt")["rung"] == "Har"


def test_more_closes_change_no_forecast_of_the_earlier_ones(folder: Path, checkpoint: Path) -> None:
    model = cf.load_forecaster(checkpoint)
    before, after = (cf.rows_beside_baselines(model, data_of(folder, end=end), "test") for end in ("2021-01-15", None))
    assert {"LSTM", "RandomWalk", "Ewma", "Garch", "Har"} < set(before["model"])
    for name, rows in before.groupby("model"):
        known = after[(after["model"] == name) & (after["timestamp"] <= before["timestamp"].max())]
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), known.reset_index(drop=True), check_exact=True)
    assert len(after) > len(before)


def test_data_that_begin_later_are_followed_from_there_on(folder: Path, checkpoint: Path) -> None:
    model = cf.load_forecaster(checkpoint)
    rows = [cf.forecast_rows(model, data_of(folder, start=start), "test") for start in (None, "2020-03-01")]
    assert rows[0]["timestamp"].equals(rows[1]["timestamp"])
    np.testing.assert_allclose(rows[0]["0.05"], rows[1]["0.05"], rtol=1e-3)  # a rung forgets what was long ago


def test_a_rung_sees_high_and_low_whatever_the_model_is_given(folder: Path, checkpoint: Path) -> None:
    assert rung_of(trained(folder, columns=["Close", HIGH, LOW], end="2021-01-15")) == rung_of(checkpoint)
    assert rung_of(trained(folder, "CLOSES")) != rung_of(checkpoint)
    closes = data_of(folder, "CLOSES")
    with pytest.raises(cf.UserError, match="^COIN-USD has no High and Low, and Har was fitted on series with them"):
        cf.forecast_rows(cf.load_forecaster(checkpoint), closes, "test")


def test_several_coins_have_one_rung_and_the_states_of_each(folder: Path) -> None:
    model = cf.load_forecaster(trained(folder, "COIN-USD", "B-USD"))
    together = cf.forecast_rows(model, data_of(folder, "COIN-USD", "B-USD"), "test")
    for name in ("COIN-USD", "B-USD"):
        alone = cf.forecast_rows(model, data_of(folder, name), "test")
        rows = together[together["series"] == name].reset_index(drop=True)
        assert rows["timestamp"].equals(alone["timestamp"])
        np.testing.assert_allclose(rows["0.95"], alone["0.95"], rtol=1e-6)  # batches of other sizes round differently


def test_lightnings_own_test_and_predict_have_the_states_too(folder: Path, checkpoint: Path) -> None:
    model, data = cf.load_forecaster(checkpoint), data_of(folder)
    (found,) = trainer().test(model, data, verbose=False)
    rows = cf.forecast_rows(model, data, "test")
    assert np.isclose(found["test/rmse"], np.sqrt(np.mean(np.square(rows["forecast"] - rows["actual"]))), rtol=1e-6)
    (batch,) = trainer().predict(model, data_of(folder)) or []
    assert isinstance(batch, torch.Tensor)
    np.testing.assert_allclose(batch.flatten(), cf.next_closes(model, data_of(folder))["forecast"], rtol=1e-9)


class Forgetful(cf.LSTM):
    """Learns a factor of its spread that no checkpoint has."""

    factor = 1.0

    def on_train_batch_end(self, *_: object) -> None:
        self.factor = 2.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + torch.tensor([0.0, float(np.log(self.factor)), 0.0])


def test_a_spread_that_no_checkpoint_has_is_found(folder: Path) -> None:
    model, data = Forgetful(context_length=6, head=cf.StudentT()), data_of(folder)
    training = trainer(max_steps=1, limit_val_batches=0)
    training.fit(model, data)
    with pytest.raises(cf.UserError, match="Forgetful forecasts .* once its checkpoint is read again"):
        require_reloadable(training, model, data)
