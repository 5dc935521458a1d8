"""What is logged of several series."""

from pathlib import Path

import pytest
import torch

from cryptoforecast import DataNotice, RandomWalk
from tests.conftest import Given, coins_of, random_walk
from tests.models.test_forecaster import LENGTHS, MAKERS, made, quiet_trainer


def test_the_skill_over_several_series_is_the_mean_of_theirs(tmp_path: Path) -> None:
    cheap = Given(random_walk(150, seed=1, first=0.05), symbol="CHEAP-USD")
    with pytest.warns(DataNotice, match="GONE-USD: no val window"):
        data = coins_of(Given(random_walk(200)), cheap, Given(random_walk(30), symbol="GONE-USD"), val_from=100)
    forecaster, trainer = made(MAKERS["LSTM"], random_walk(200)), quiet_trainer(tmp_path)
    trainer.validate(forecaster, data, verbose=False)
    window, skills = data.windows[data.fold.val], []
    with torch.no_grad():
        errors = forecaster.forecast(window.context) - window.target
    walk = window.context[:, -1:, 0] - window.target
    for number in (0, 1):
        own, theirs = (values[window.series == number].square().mean().sqrt() for values in (errors, walk))
        skills.append(1 - own / theirs)
    torch.testing.assert_close(trainer.callback_metrics["val/skill"], torch.stack(skills).mean().float())
    torch.testing.assert_close(trainer.callback_metrics["val/rmse"], errors.square().mean().sqrt().float())
    trainer.validate(RandomWalk(**LENGTHS), data, verbose=False)
    assert trainer.callback_metrics["val/skill"] == 0.0
