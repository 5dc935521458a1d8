"""Training on a GPU; where there is none, these are skipped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything

from cryptoforecast import LSTM, load_forecaster
from cryptoforecast.evaluation.forecasts import forecast_rows
from cryptoforecast.training.lightning.lean_loop import NoProfiler, use_lean_loop
from tests.cli.helpers import ENDS, LAST_FILE, RUN, bits
from tests.helpers import Said, data_of, random_walk, write_yahoo

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
TypeIn = Callable[..., Said]
GPU = ("--trainer.accelerator=gpu", "--trainer.deterministic=true")
GRAPHS = """
from torch import nn
from cryptoforecast import Forecaster


class Graphs(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Sequential(nn.Linear(self.context_length, 8), nn.GELU(), nn.Linear(8, self.horizon))
        self.head.compile(mode="reduce-overhead")

    def forward(self, x):
        return self.head(x[..., 0]).clone()
"""


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch) -> TypeIn:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without which torch refuses to be deterministic
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    return type_in


class Places(Callback):
    """Notes where the closes and the batches are."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int) -> None:
        loader: Any = trainer.train_dataloader
        self.seen |= {loader.dataset.prices.device.type, *(field.device.type for field in batch)}


def test_batches_are_gathered_on_the_gpu_where_the_closes_are(tmp_path: Path) -> None:
    data, places = data_of(random_walk(140)), Places()
    trainer = Trainer(accelerator="gpu", devices=1, max_epochs=1, logger=False, enable_checkpointing=False,
                      enable_progress_bar=False, callbacks=[places], profiler=NoProfiler())  # fmt: skip
    use_lean_loop(trainer)
    trainer.fit(LSTM(hidden_size=2, context_length=5, horizon=2), data)
    assert places.seen == {"cuda"}
    assert data.windows.prices.device.type == "cpu"


def test_a_gpu_forecasts_what_a_processor_does() -> None:
    seed_everything(0)
    data, model = data_of(random_walk(140)), LSTM(hidden_size=8, context_length=5, horizon=2)
    there, here = (
        forecast_rows(model, data.windows, data.fold.test, torch.device(name))["forecast"].to_numpy()
        for name in ("cuda", "cpu")
    )
    assert there == pytest.approx(here, rel=1e-5)


def test_the_same_command_gives_the_same_bits_on_a_gpu(coin: TypeIn) -> None:
    for name in ("one", "two"):
        assert coin(*ENDS, *GPU, f"--trainer.logger.name={name}").status == 0
    one, two = (bits(Path("runs", name, "version_0")) for name in ("one", "two"))
    assert one == two


def test_a_fit_goes_on_to_the_same_bits_on_a_gpu(coin: TypeIn) -> None:
    assert coin(*ENDS, *GPU, "--trainer.logger.name=whole").status == 0
    assert coin(*ENDS, *GPU, "--trainer.max_epochs=1").status == 0
    assert coin(*ENDS, *GPU, "--ckpt_path", LAST_FILE).status == 0
    assert bits(RUN) == bits(Path("runs", "whole", "version_0"))


@pytest.mark.parametrize("precision", ["16-mixed", "bf16-mixed"])
def test_mixed_precision_trains_on_a_gpu(precision: str, coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.accelerator=gpu", f"--trainer.precision={precision}").status == 0
    assert all(weights.isfinite().all() for weights in load_forecaster(LAST_FILE).parameters())


@pytest.mark.slow
def test_a_compiled_model_with_cuda_graphs_trains_on_a_gpu(coin: TypeIn, tmp_path: Path) -> None:
    (tmp_path / "graphs.py").write_text(GRAPHS)
    plain = [word for word in ENDS if not word.startswith(("--model=", "--model.hidden", "--model.dropout"))]
    said = coin(*plain, "--model=graphs.Graphs", "--trainer.accelerator=gpu")
    assert said.status == 0, said.err
    assert load_forecaster(LAST_FILE).head[0].weight.isfinite().all()
