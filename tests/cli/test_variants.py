"""Models in the working folder: those that work, and those that are told why they do not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import COIN, CSV, refused
from tests.helpers import CONFIGS, SMALL, Said, random_walk, write_yahoo

VARIANTS = """
import torch
from torch import nn
from cryptoforecast import Forecaster, TrainMinMax

class OwnScaling(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(scaling=TrainMinMax(), **kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)

    def forward(self, x):
        return self.head(x[..., 0])

class Explicit(Forecaster):
    def __init__(self, context_length: int, horizon: int, activation: str = "tanh"):
        super().__init__(context_length=context_length, horizon=horizon)
        self.activation = getattr(torch, activation)
        self.head = nn.Linear(context_length, horizon)

    def forward(self, x):
        return self.activation(self.head(x[..., 0]))

class Nested(Forecaster):
    def __init__(self, encoder: nn.Module, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder

    def forward(self, x):
        return self.encoder(x[..., 0])

class Compiled(Forecaster):
    def __init__(self, backend: str = "inductor", **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)
        self.compile(backend=backend)

    def forward(self, x):
        return self.head(x[..., 0]).relu() - 1
"""


@pytest.mark.parametrize(
    "model",
    [
        ("--model=variants.OwnScaling",),
        ("--model=variants.Explicit", "--model.activation=relu"),
        ("--model=variants.Nested", "--model.encoder=torch.nn.Linear", "--model.encoder.in_features=12",
         "--model.encoder.out_features=1"),
        ("--model=variants.Compiled", "--model.backend=aot_eager"),
    ],
    ids=["its own scaling", "explicit arguments", "a module as an argument", "compiled"],
)  # fmt: skip
def test_a_variant_of_any_shape_comes_back_from_its_checkpoint(
    model: tuple[str, ...], type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    (tmp_path / "variants.py").write_text(VARIANTS)
    plain = [word for word in SMALL if "hidden_size" not in word]
    said = type_in("fit", "--config", CONFIGS / "crypto_nn.yaml", *CSV, *plain, "--model.scaling=null", *model)
    assert said.status == 0, said.err
    run = f"runs/crypto_nn-{model[0].rpartition('.')[2]}/version_0"
    said = type_in("test", "--ckpt_path", f"{run}/checkpoints/best.ckpt")
    assert said.status == 0, said.err
    assert "persistence" in said.out


def test_a_variant_that_drops_its_lengths_is_told_how_to_keep_them(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    (tmp_path / "deaf.py").write_text(
        "from cryptoforecast import Forecaster\n"
        "class Deaf(Forecaster):\n"
        "    def __init__(self, size: int = 3):\n"
        "        super().__init__()\n"
    )
    said = type_in(*COIN, "--data.context_length=7", "--model=deaf.Deaf")
    refused(said, 1, "Deaf has context_length 60, and data.context_length is 7: let its __init__ take **kwargs")


WRONG = """
from torch import nn
from cryptoforecast import Forecaster

class Flat(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.horizon)

    def forward(self, x):
        return self.head(x[..., 0]).squeeze(-1)

class RandomWalk(Flat):
    def forward(self, x):
        return self.head(x[..., 0])

class Mute(Forecaster):
    pass
"""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Flat", "Flat.forward gave (64,), not (batch, horizon), which is (64, 1)"),
        ("Mute", "Mute has no forward(x)"),
    ],
)
def test_a_variant_that_cannot_forecast_is_told_before_anything_is_written(
    name: str, sentence: str, type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    (tmp_path / "wrong.py").write_text(WRONG)
    refused(type_in(*COIN, f"--model=wrong.{name}"), 1, sentence)
    assert not (tmp_path / "runs").exists()


def test_a_variant_with_a_baselines_name_is_not_scored_as_the_baseline(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    (tmp_path / "wrong.py").write_text(WRONG)
    said = type_in(*COIN, "--model=wrong.RandomWalk", "--trainer.max_epochs=1")
    assert said.status == 1
    assert "RandomWalk is the name of a baseline" in said.err


FITTED = """
import torch
from cryptoforecast import Forecaster

class Ridge(Forecaster):
    'Fitted in one go, and kept in buffers.'

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.register_buffer("weights", torch.zeros(self.context_length, self.horizon))

    def setup(self, stage):
        super().setup(stage)
        if stage == "fit":
            window = self.trainer.datamodule.windows[self.trainer.datamodule.fold.train]
            x, y = self.network_inputs(window.context)[..., 0], self.scaled(window.target, window.context)
            square = x.T @ x + torch.eye(x.shape[1])
            self.weights.copy_(torch.linalg.solve(square, x.T @ y))

    def forward(self, x):
        return x[..., 0] @ self.weights

class LateRidge(Ridge):
    'Learns something that is kept nowhere, when training ends.'

    def on_train_end(self):
        self.share = 0.5

    def forward(self, x):
        return super().forward(x) - getattr(self, "share", 0.0)
"""


def test_a_model_that_is_fitted_in_one_go_is_tested_from_its_checkpoint_only(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    (tmp_path / "fitted.py").write_text(FITTED)
    words = (*COIN[1:], "--model=fitted.Ridge")
    refused(type_in("test", *words), 1, "test needs --ckpt_path: Ridge has a setup of its own")
    assert type_in("fit", *words, "--trainer.max_epochs=1").status == 0
    assert type_in("test", "--ckpt_path", *(tmp_path / "runs").rglob("last.ckpt")).status == 0


def test_what_a_fit_has_learned_and_not_kept_ends_it_in_one_sentence(
    type_in: Callable[..., Said], tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN.csv", random_walk(300))
    (tmp_path / "fitted.py").write_text(FITTED)
    said = type_in(*COIN, "--model=fitted.LateRidge", "--trainer.max_epochs=1")
    assert said.status == 1
    assert said.err.startswith("error: LateRidge forecasts ")
    assert "something that it has learned is in no checkpoint" in said.err
    assert "persistence" not in said.out
