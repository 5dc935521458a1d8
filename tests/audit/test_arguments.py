"""Models that take from what ``forward`` is given more than a forecaster may know: each is found, or has nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import seed_everything
from torch import Tensor

import cryptoforecast as cf
from cryptoforecast import LookAhead, audit, forecast_rows
from tests.helpers import Given, coins_of, random_walk, write_yahoo
from tests.models.helpers import LENGTHS, Linear, quiet_trainer
from tests.models.variants.coin_calendar import CoinCalendarGRU

COINS = [Given(random_walk(150, seed), symbol=f"COIN{seed}-USD") for seed in range(2)]


class Remembers(Linear):
    """Keeps all closes by time when it is set up, and looks the targets up."""

    def setup(self, stage: str) -> None:
        super().setup(stage)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        self.kept = data.windows.times.clone(), data.windows.prices[:, 0].log().float()

    def forward(self, x: Tensor, times: Tensor) -> Tensor:
        answer = super().forward(x)
        stamps, logs = self.kept
        at = torch.searchsorted(stamps, times[:, -1].contiguous())
        ahead = at.unsqueeze(1) + torch.arange(1, self.horizon + 1)
        return answer * 0 + 20 * (logs[ahead.clamp_max(len(logs) - 1)] - logs[at].unsqueeze(1))


class RemembersByCoin(Linear):
    """Keeps the last close of each coin when it is set up, and moves towards it."""

    def setup(self, stage: str) -> None:
        super().setup(stage)
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        changes = [float(series.closes.iloc[-1] / series.closes.iloc[0]) for series in data.series]
        self.register_buffer("drift", torch.tensor([0.0, *changes]))

    def forward(self, x: Tensor, series: Tensor) -> Tensor:
        return super().forward(x) + self.drift[series].unsqueeze(1)


class Copies(Linear):
    """Returns the target wherever it is given."""

    def forward(self, x: Tensor, target: Tensor | None) -> Tensor:
        answer = super().forward(x) * 0
        return answer if target is None else answer + target


@pytest.mark.parametrize(("kind", "count"), [(Remembers, 1), (RemembersByCoin, 2)])
def test_closes_that_are_kept_by_time_or_by_coin_are_found(kind: Any, count: int) -> None:
    with pytest.raises(LookAhead):
        audit(kind(series_count=count, **LENGTHS), coins_of(*COINS[:count]), steps=2)


def test_a_copy_of_the_target_has_no_loss_in_training_and_the_random_walks_forecasts(tmp_path: Path) -> None:
    seed_everything(0, verbose=False)
    model, data, trainer = Copies(**LENGTHS), coins_of(*COINS), quiet_trainer(tmp_path)
    trainer.fit(model, data)
    assert trainer.callback_metrics["train/loss"] == 0
    assert trainer.callback_metrics["val/skill"].abs() < 1e-6
    rows = forecast_rows(model, data, "test")
    assert rows["forecast"].to_numpy() == pytest.approx(rows["last"].to_numpy(), rel=1e-12)


def test_the_command_line_gives_a_model_its_coins_and_its_calendar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sources = [cf.CsvSource(str(write_yahoo(tmp_path / f"C{seed}-USD.csv", random_walk(120, seed)))) for seed in (0, 1)]
    settings = {"context_length": 8, "seed": 0, "accelerator": "cpu", "progress": False, "max_epochs": 1}
    run = cf.fit(source=sources, model=CoinCalendarGRU, hidden=4, future=["day_of_week"], **settings)
    assert run.checkpoint is not None
    loaded = cf.load_forecaster(run.checkpoint)
    assert (loaded.future, loaded.series_count) == (("day_of_week",), 2)
    assert len(cf.predict(run)) == 2
