"""The learner can learn, and finds nothing where there is nothing."""

from pathlib import Path

import numpy as np
import pytest
from lightning.pytorch import Trainer, seed_everything

from cryptoforecast import GRU, LSTM, CloseDataModule, Forecaster, judge
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.verdict import Verdict
from tests.helpers import Given, random_walk


def learn(model: type[Forecaster], closes: list[float], folder: Path) -> Verdict:
    seed_everything(0)
    data = CloseDataModule(Given(closes), context_length=20, batch_size=64, val_from=0.6, test_from=0.7)
    forecaster = model(context_length=20, hidden_size=16)
    trainer = Trainer(
        default_root_dir=folder,
        max_epochs=15,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(forecaster, data)
    data.setup("test")
    return judge(rows_beside_baselines(forecaster, data, "test"), "test")


@pytest.mark.parametrize("model", [LSTM, GRU])
def test_a_recurrent_model_beats_the_random_walk_on_a_sine(model: type[Forecaster], tmp_path: Path) -> None:
    days = np.arange(1000)
    verdict = learn(model, list(1000 + 100 * np.sin(days / 4)), tmp_path)
    assert verdict.scores[model.__name__]["skill"] > 0.5
    assert "better than persistence" in verdict.sentence
    assert "no better" not in verdict.sentence


@pytest.mark.parametrize("model", [LSTM, GRU])
def test_a_recurrent_model_does_not_beat_the_random_walk_on_a_random_walk(
    model: type[Forecaster], tmp_path: Path
) -> None:
    verdict = learn(model, random_walk(1000, seed=1), tmp_path)
    assert verdict.scores[model.__name__]["skill"] < 0.02
    assert f"{model.__name__} is better than persistence" not in verdict.sentence
