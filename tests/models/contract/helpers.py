"""What tests of models with a distribution share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptoforecast import Forecaster, Head, Mixture, Normal, Quantiles, StudentT
from tests.helpers import data_of, random_walk
from tests.models.helpers import quiet_trainer

CLOSES = random_walk(300)
DISTRIBUTION_CURVES = ["coverage_90", "crps", "crps_ewma", "crps_random_walk", "density_skill"]
HEADS: dict[str, Callable[[], Head]] = {
    "Normal": Normal,
    "StudentT": StudentT,
    "Mixture": Mixture,
    "Quantiles": Quantiles,
    "StudentT on no rung": lambda: StudentT(relative_to="none"),
}


def fitted(model: Forecaster, folder: Path, closes: list[float] = CLOSES, **settings: Any) -> Any:
    """A model trained on closes, its data, and its trainer."""
    data, trainer = data_of(closes, batch_size=32), quiet_trainer(folder, **settings)
    trainer.fit(model, data)
    return data, trainer
