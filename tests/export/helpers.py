"""What the tests of exports share: a checkpoint."""

from pathlib import Path

import pandas as pd

import cryptoforecast as cf
from tests.helpers import bars
from tests.models.helpers import quiet_trainer


def checkpoint_of(model: cf.Forecaster, folder: Path, **settings: object) -> Path:
    """The checkpoint of a model after a short fit on a file of bars."""
    file = folder / "COIN-USD.csv"
    days = pd.date_range("2020-01-01", periods=600, name="Date")
    pd.DataFrame(bars(600), index=days).to_csv(file)
    data = cf.CloseDataModule(
        cf.CsvSource(str(file)), context_length=model.context_length, horizon=model.horizon, **settings
    )
    trainer = quiet_trainer(folder)
    trainer.fit(model, data)
    trainer.save_checkpoint(folder / "model.ckpt")
    return folder / "model.ckpt"
